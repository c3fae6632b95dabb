import type { ReactNode } from "react";
import type { Reading } from "../api/reading.ts";
import { ActionButton } from "./action-button.tsx";
import { type Column, DataTable } from "./data-table.tsx";
import { Failure, Loading, NotFresh } from "./states.tsx";

interface Pages<T> extends Pick<Reading<unknown>, "failure" | "stale" | "retry"> {
  readonly items: readonly T[] | undefined;
  readonly isEmpty: boolean;
  readonly isLoading: boolean;
  readonly more: { readonly isLoading: boolean; readonly load: () => void } | undefined;
  /** Left out where new items are not counted. */
  readonly unseen?: { readonly text: string; readonly show: () => void } | undefined;
}

/** Pages as one table, with what stands there while they are read, when that fails, and when there is nothing. */
export const ListOfPages = <T extends object>({
  label,
  columns,
  keyOf,
  pages,
  nothing,
}: {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  readonly pages: Pages<T>;
  /** What stands there when nothing matches. */
  readonly nothing: ReactNode;
}) => {
  const { items, isEmpty, isLoading, failure, stale, more, unseen } = pages;
  if (failure !== undefined) return <Failure error={failure} retry={pages.retry} />;
  if (isEmpty)
    return (
      <>
        <NotFresh stale={stale} />
        {nothing}
      </>
    );
  if (isLoading || items === undefined) return <Loading label={`Reading ${label.toLowerCase()}`} />;
  return (
    <>
      <NotFresh stale={stale} />
      {"unseen" in pages && (
        <p className="unseen" aria-live="polite">
          {unseen !== undefined && (
            <ActionButton kind="link" onPress={unseen.show}>
              Show {unseen.text} new
            </ActionButton>
          )}
        </p>
      )}
      {items.length === 0 ? (
        <p className="quiet more">Nothing found yet: there is more to search.</p>
      ) : (
        <DataTable label={label} columns={columns} rows={items} keyOf={keyOf} />
      )}
      {more !== undefined && (
        <p className="more">
          <ActionButton isPending={more.isLoading} onPress={more.load}>
            {items.length === 0 ? "Search further" : "Show more"}
          </ActionButton>
        </p>
      )}
    </>
  );
};
