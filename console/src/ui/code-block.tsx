import { useState } from "react";
import { ActionButton } from "./action-button.tsx";
import { Glyph } from "./icon.tsx";

/** Text to take along, with a button that copies all of it. */
export const CodeBlock = ({ title, text }: { readonly title: string; readonly text: string }) => {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="code-block">
      <div className="panel-head">
        <h3>{title}</h3>
        <ActionButton
          kind="link"
          aria-label={isCopied ? `${title} is copied` : `Copy: ${title}`}
          onPress={() => void copy().catch(() => undefined)}
        >
          <Glyph name={isCopied ? "copied" : "copy"} />
          {isCopied ? "Copied" : "Copy"}
        </ActionButton>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard. */}
      <section className="code" tabIndex={0} aria-label={`Text: ${title}`}>
        <pre>
          <code>{text}</code>
        </pre>
      </section>
    </div>
  );
};
