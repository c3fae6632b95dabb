import { useEffect, useEffectEvent, useState } from "react";
import { Button, Input, Label, SearchField } from "react-aria-components";
import { Glyph } from "./icon.tsx";

/** Time after the last key before what was typed is searched for, ms. */
const restMs = 300;

/** A search field, which `/` focuses. Searches once typing rests, at once on Enter. */
export const SearchBox = ({
  label,
  placeholder,
  value,
  onSearch,
}: {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onSearch: (text: string) => void;
}) => {
  const [text, setText] = useState(value);
  const [searched, setSearched] = useState(value);
  if (searched !== value) {
    setSearched(value);
    setText(value);
  }
  const searchFor = useEffectEvent(onSearch);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => searchFor(text.trim()), restMs);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <SearchField
      className="search"
      value={text}
      onChange={setText}
      onSubmit={(submitted) => onSearch(submitted.trim())}
      onClear={() => onSearch("")}
    >
      <Label className="hidden-label">{label}</Label>
      <Glyph name="search" />
      <Input placeholder={placeholder} data-search="" maxLength={300} />
      <kbd>/</kbd>
      <Button className="icon-button" aria-label="Clear the search">
        <Glyph name="clear" />
      </Button>
    </SearchField>
  );
};
