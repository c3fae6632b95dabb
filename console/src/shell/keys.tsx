import { useEffect, useState } from "react";
import { ScreenDialog } from "../ui/dialog.tsx";

const listed = [
  ["/", "Search"],
  ["?", "Show these keys"],
  ["Esc", "Close a dialog, clear the search"],
  ["Tab", "Go on to what can be pressed"],
] as const;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Listens for the keys of every screen, and lists them on `?`. */
export const Keys = () => {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === "?") setOpen(true);
      const search = document.querySelector<HTMLInputElement>("[data-search]");
      if (event.key !== "/" || search === null) return;
      event.preventDefault();
      search.focus();
      search.select();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return (
    <>
      <button
        type="button"
        className="icon-button keys-button"
        aria-label="Keys"
        onClick={() => setOpen(true)}
      >
        <kbd>?</kbd>
      </button>
      <ScreenDialog title="Keys" isOpen={isOpen} onClose={() => setOpen(false)}>
        <dl className="keys">
          {listed.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </ScreenDialog>
    </>
  );
};
