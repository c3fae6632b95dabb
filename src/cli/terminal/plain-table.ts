import Table from "cli-table3";
import { printable } from "./io.ts";

interface Column {
  readonly title: string;
  readonly width: number;
  /** Adds colours to a cell's text. */
  readonly paint?: ((text: string) => string) | undefined;
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

/** A table without frames, one space between columns; long cells are wrapped. Ends with a LF. */
export const plainTable = (columns: readonly Column[], rows: readonly (readonly Cell[])[]): string => {
  const table = new Table({
    chars,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    head: columns.map(({ title }) => title),
    colWidths: columns.map(({ width }) => width),
    wordWrap: true,
  });
  for (const row of rows) table.push(row.map((cell, at) => shownCell(cell, columns[at]?.paint)));
  return table
    .toString()
    .split("\n")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
};

/** A column as wide as its longest cell, which is cut off after `max` characters. */
interface FittingColumn<T> extends Pick<Column, "title" | "paint"> {
  readonly max: number;
  /** What it shows of an item; undefined: nothing. */
  readonly of: (item: T) => string | number | undefined;
}

/** Like {@link plainTable}, with one line an item: columns are as narrow as their cells allow. */
export const fittingTable = <T>(items: readonly T[], columns: readonly FittingColumn<T>[]): string => {
  const cells = items.map((item) =>
    columns.map(({ of, max }) => cutOff(printable(String(of(item) ?? "")), max)),
  );
  const widths = columns.map(({ title }, at) =>
    Math.max(shownWidth(title), ...cells.map((row) => shownWidth(row[at] ?? ""))),
  );
  return plainTable(
    columns.map(({ title, paint }, at) => ({ title, paint, width: widths[at] ?? 0 })),
    cells,
  );
};

const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** How many columns of a terminal a text takes. */
const shownWidth = (text: string): number =>
  [...text.replaceAll(/\p{M}/gu, "")].reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);

const cutOff = (text: string, max: number): string => {
  if (shownWidth(text) <= max) return text;
  const characters = [...text];
  while (shownWidth(characters.join("")) >= max) characters.pop();
  return `${characters.join("")}…`;
};

/** Painted after it is safe: a cell's own control characters are taken out. */
const shownCell = (cell: Cell, paint: Column["paint"] = (text) => text): Cell =>
  typeof cell === "string" ? paint(printable(cell)) : { ...cell, content: printable(cell.content) };
