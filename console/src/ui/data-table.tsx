import { createColumnHelper, type RowData, tableFeatures, useTable } from "@tanstack/react-table";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: T) => ReactNode;
  /** `number`: aligned to the right. `main`: what the row is about. `name`: cut off where it is too long. `text`: sentences. `pick`: a checkbox. */
  readonly kind?: "main" | "name" | "number" | "pick" | "text";
  /** Left out where the screen is narrow. */
  readonly isWideOnly?: boolean;
}

const features = tableFeatures({});

/** Height of a row before one is drawn, px. */
const firstRowPx = 45;

/** A table that draws only the rows in view; where the screen is narrow each row is a card. */
export const DataTable = <T extends RowData & object>({
  label,
  columns,
  rows,
  keyOf,
}: {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
}) => {
  const shape = useMemo(() => {
    const helper = createColumnHelper<typeof features, T>();
    return helper.columns(
      columns.map(({ id, header, cell }) =>
        helper.display({ id, header, cell: ({ row }) => cell(row.original) }),
      ),
    );
  }, [columns]);
  const table = useTable({ features, columns: shape, data: rows, getRowId: keyOf });
  const { rows: drawn } = table.getRowModel();
  const [topPx, setTopPx] = useState(0);
  const [rowPx, setRowPx] = useState(firstRowPx);
  const body = useRef<HTMLTableSectionElement>(null);
  // What stands above it may grow while it is shown.
  useLayoutEffect(() => {
    if (body.current !== null)
      setTopPx(Math.round(body.current.getBoundingClientRect().top + window.scrollY));
  });
  const virtualizer = useWindowVirtualizer({
    count: drawn.length,
    estimateSize: () => rowPx,
    overscan: 20,
    scrollMargin: topPx,
    getItemKey: (index) => drawn[index]?.id ?? index,
    useFlushSync: false,
  });
  const items = virtualizer.getVirtualItems();
  // Rows out of view are taken to be as high as the first in view: else what stands below moves as they are drawn, away from
  // under a pointer that presses it.
  const meanPx = items.reduce((sum, { size }) => sum + size, 0) / items.length;
  useLayoutEffect(() => {
    if (rowPx === firstRowPx && meanPx > 0) setRowPx(meanPx);
  }, [meanPx, rowPx]);
  const before = (items[0]?.start ?? topPx) - topPx;
  const after = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? topPx) - topPx);
  return (
    <table className="data" aria-label={label} aria-rowcount={drawn.length + 1}>
      <thead>
        <tr>
          {columns.map(({ id, header, kind, isWideOnly }) => (
            <th key={id} scope="col" data-kind={kind} data-wide={isWideOnly}>
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        <Gap px={before} />
        {items.map(({ index, key }) => {
          const row = drawn[index];
          if (row === undefined) return null;
          return (
            <tr key={key} ref={virtualizer.measureElement} data-index={index} aria-rowindex={index + 2}>
              {row.getAllCells().map((cell, at) => (
                <td
                  key={cell.id}
                  data-kind={columns[at]?.kind}
                  data-wide={columns[at]?.isWideOnly}
                  data-label={columns[at]?.header}
                >
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          );
        })}
        <Gap px={after} />
      </tbody>
    </table>
  );
};

/** Stands for rows out of view. */
const Gap = ({ px }: { readonly px: number }) =>
  px <= 0 ? null : (
    <tr className="gap">
      <td style={{ height: px }} />
    </tr>
  );
