import Table from "cli-table3";
import { printable } from "./io.ts";

interface Column {
  readonly title: string;
  readonly width: number;
}

type Cell = string | { readonly content: string; readonly colSpan: number };

const chars = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: " ",
} as const;

/** A table without frames or colours, one space between columns; long cells are wrapped. Ends with a LF. */
export const plainTable = (columns: readonly Column[], rows: readonly (readonly Cell[])[]): string => {
  const table = new Table({
    chars,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    head: columns.map(({ title }) => title),
    colWidths: columns.map(({ width }) => width),
    wordWrap: true,
  });
  for (const row of rows) table.push(row.map(safeCell));
  return table
    .toString()
    .split("\n")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
};

const safeCell = (cell: Cell): Cell =>
  typeof cell === "string" ? printable(cell) : { ...cell, content: printable(cell.content) };
