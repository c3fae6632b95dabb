import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import type { Install } from "../api/resources.ts";
import type { Column } from "../ui/data-table.tsx";

interface Selection {
  /** `all`: whatever matches the filter, also what is not shown. */
  readonly picked: ReadonlySet<string> | "all";
  readonly has: (id: string) => boolean;
  readonly set: (ids: readonly string[], isPicked: boolean) => void;
  readonly pickAll: () => void;
  readonly clear: () => void;
}

const SelectionContext = createContext<Selection | undefined>(undefined);

/** Keeps which installs of a list are selected, also while it is read again. */
export const Selecting = ({
  shown,
  children,
}: {
  /** Ids of the rows that are shown. */
  readonly shown: readonly string[];
  readonly children: ReactNode;
}) => {
  const [picked, setPicked] = useState<Selection["picked"]>(new Set());
  const selection = useMemo(
    (): Selection => ({
      picked,
      has: (id) => picked === "all" || picked.has(id),
      set: (ids, isPicked) =>
        setPicked((before) => {
          const next = new Set(before === "all" ? shown : before);
          for (const id of ids) {
            if (isPicked) next.add(id);
            else next.delete(id);
          }
          return next;
        }),
      pickAll: () => setPicked("all"),
      clear: () => setPicked(new Set()),
    }),
    [picked, shown],
  );
  return <SelectionContext value={selection}>{children}</SelectionContext>;
};

export const useSelection = (): Selection => {
  const selection = useContext(SelectionContext);
  if (selection === undefined) throw new TypeError("A row is selected outside of a list.");
  return selection;
};

const PickBox = ({ install: { id, phoneNumber } }: { readonly install: Install }) => {
  const { has, set } = useSelection();
  return (
    <label className="pick">
      <input
        type="checkbox"
        aria-label={`Select ${phoneNumber}`}
        checked={has(id)}
        onChange={({ currentTarget: { checked } }) => set([id], checked)}
      />
    </label>
  );
};

/** The checkbox of a row. */
export const pickColumn: Column<Install> = {
  id: "pick",
  header: "Select",
  kind: "pick",
  cell: (install) => <PickBox install={install} />,
};
