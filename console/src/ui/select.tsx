import type { ReactNode } from "react";
import {
  Button,
  type Key,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
} from "react-aria-components";
import { Glyph } from "./icon.tsx";

export interface Choice {
  readonly id: string;
  readonly text: string;
  readonly shown?: ReactNode;
}

const Choices = ({ choices }: { readonly choices: readonly Choice[] }) => (
  <Popover className="popover">
    <ListBox className="choices" items={choices}>
      {({ id, text, shown }) => (
        <ListBoxItem id={id} textValue={text} className="choice">
          {shown ?? text}
          <span className="choice-mark">
            <Glyph name="copied" />
          </span>
        </ListBoxItem>
      )}
    </ListBox>
  </Popover>
);

/** One of several, or none of them. */
export const SelectOne = ({
  label,
  none,
  choices,
  value,
  onChange,
}: {
  readonly label: string;
  /** What stands there when none is chosen. */
  readonly none: string;
  readonly choices: readonly Choice[];
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}) => {
  const all = [{ id: "", text: none }, ...choices];
  return (
    <Select
      className="select"
      value={value ?? ""}
      onChange={(key: Key | null) => onChange(key === null || key === "" ? undefined : String(key))}
    >
      <Label className="hidden-label">{label}</Label>
      <Button className="action select-button" data-active={value !== undefined || undefined}>
        <SelectValue>{() => choices.find(({ id }) => id === value)?.text ?? none}</SelectValue>
        <Glyph name="chevron" />
      </Button>
      <Choices choices={all} />
    </Select>
  );
};

/** Any number of several; none chosen is all. */
export const SelectMany = ({
  label,
  none,
  choices,
  values,
  onChange,
}: {
  readonly label: string;
  readonly none: string;
  readonly choices: readonly Choice[];
  readonly values: readonly string[];
  readonly onChange: (values: readonly string[]) => void;
}) => {
  const chosen = choices.filter(({ id }) => values.includes(id)).map(({ text }) => text);
  const text =
    chosen.length > 2 ? `${chosen.slice(0, 2).join(", ")} +${chosen.length - 2}` : chosen.join(", ");
  return (
    <Select
      className="select"
      selectionMode="multiple"
      value={[...values]}
      onChange={(keys: readonly Key[]) => onChange(keys.map(String))}
    >
      <Label className="hidden-label">{label}</Label>
      <Button className="action select-button" data-active={values.length > 0 || undefined}>
        <SelectValue>{() => (text === "" ? none : text)}</SelectValue>
        <Glyph name="chevron" />
      </Button>
      <Choices choices={choices} />
    </Select>
  );
};
