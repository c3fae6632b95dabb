import { useState } from "react";
import { ActionButton } from "../ui/action-button.tsx";
import { plural } from "../words/counts.ts";
import type { ListFilter } from "./filter.ts";
import type { Done, ManyAction, Picked } from "./many.ts";
import { ManyDialog, SkippedDialog } from "./many-dialog.tsx";
import { useSelection } from "./selection.tsx";

/** Selects what is shown, or all that match, and acts on what is selected. */
export const SelectionBar = ({
  shown,
  filter,
}: {
  readonly shown: readonly string[];
  readonly filter: ListFilter;
}) => {
  const { picked, has, set, pickAll, clear } = useSelection();
  const [open, setOpen] = useState<{ readonly action: ManyAction; readonly picked: Picked } | undefined>();
  const [result, setResult] = useState<{ readonly action: ManyAction; readonly done: Done } | undefined>();
  const isAny = picked === "all" || picked.size > 0;
  const isAllShown = shown.length > 0 && shown.every(has);
  const begin = (action: ManyAction): void =>
    setOpen({ action, picked: picked === "all" ? { filter } : { ids: [...picked] } });
  return (
    <section className="selection" aria-label="Selection">
      <label className="pick">
        <input
          type="checkbox"
          checked={isAllShown}
          ref={(box) => {
            if (box !== null) box.indeterminate = isAny && !isAllShown;
          }}
          onChange={({ currentTarget: { checked } }) => (checked ? set(shown, true) : clear())}
        />
        Select all shown
      </label>
      <span aria-live="polite">
        {isAny &&
          (picked === "all" ? "All that match are selected" : `${plural(picked.size, "install")} selected`)}
      </span>
      {isAny && (
        <>
          {picked !== "all" && (
            <ActionButton kind="link" onPress={pickAll}>
              Select all that match
            </ActionButton>
          )}
          <ActionButton onPress={() => begin("retry")}>Retry…</ActionButton>
          <ActionButton kind="danger" onPress={() => begin("cancel")}>
            Cancel…
          </ActionButton>
          <ActionButton kind="link" onPress={clear}>
            Clear
          </ActionButton>
        </>
      )}
      {open !== undefined && (
        <ManyDialog
          {...open}
          onClose={() => setOpen(undefined)}
          onDone={(done) => {
            clear();
            if (done.matched > done.done) setResult({ action: open.action, done });
          }}
        />
      )}
      {result !== undefined && (
        <SkippedDialog action={result.action} result={result.done} onClose={() => setResult(undefined)} />
      )}
    </section>
  );
};
