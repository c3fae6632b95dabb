import { useState } from "react";
import { Button } from "react-aria-components";
import { Glyph } from "./icon.tsx";

/**
 * An id with a button that copies it.
 *
 * @param label What it is, for the button's name.
 * @param shown What stands there, if that is shorter.
 */
export const Copyable = ({
  label,
  value,
  shown = value,
}: {
  readonly label: string;
  readonly value: string;
  readonly shown?: string;
}) => {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <span className="copyable">
      <code title={value}>{shown}</code>
      <Button
        className="icon-button"
        aria-label={isCopied ? `${label} is copied` : `Copy ${label}`}
        onPress={() => void copy().catch(() => undefined)}
      >
        <Glyph name={isCopied ? "copied" : "copy"} />
      </Button>
    </span>
  );
};
