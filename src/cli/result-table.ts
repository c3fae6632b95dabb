import type { ResultRow } from "../producer/result-rows.ts";
import { plainTable } from "./plain-table.ts";

const allRowsMax = 60;
const faultRowsMax = 200;
const numberWidth = 16;

/** Collects results for a table that a person can take in, in bounded memory. */
export interface ResultTable {
  add(row: ResultRow): void;
  /** The table: every row of a small batch, of a large one those that failed; at most 110 columns wide. */
  text(): string;
}

export const createResultTable = (): ResultTable => {
  const all: ResultRow[] = [];
  const faults: ResultRow[] = [];
  let rowCount = 0;
  let faultCount = 0;
  return {
    add: (row) => {
      rowCount += 1;
      if (all.length < allRowsMax) all.push(row);
      if (row.status === "completed" || row.status === "pending") return;
      faultCount += 1;
      if (faults.length < faultRowsMax) faults.push(row);
    },
    text: () => {
      const shown = rowCount <= allRowsMax ? all : faults;
      if (shown.length === 0) return "";
      const left = rowCount <= allRowsMax ? 0 : faultCount - faults.length;
      return `${tableText(shown)}${left === 0 ? "" : `and ${left} more that failed: --out writes all of them\n`}`;
    },
  };
};

const tableText = (rows: readonly ResultRow[]): string =>
  plainTable(
    [
      { title: "row", width: Math.max(4, ...rows.map(({ row }) => String(row).length)) },
      { title: "number", width: numberWidth },
      { title: "status", width: 9 },
      { title: "connector", width: 36 },
      { title: "channel", width: 36 },
    ],
    rows.map((row) => [String(row.row), numberOf(row), row.status, ...outcomeCells(row)]),
  );

const numberOf = ({ input }: ResultRow): string =>
  typeof input.phoneNumber === "string" ? input.phoneNumber.slice(0, numberWidth) : "";

const outcomeCells = (row: ResultRow) => {
  const error = errorText(row);
  return error === undefined
    ? [row.connectorId ?? "", row.channelId ?? ""]
    : [{ content: error, colSpan: 2 }];
};

/** What is wrong with a rejected row helps more than the code that all such rows share. */
const errorText = ({ status, errorCode, errorMessage, action }: ResultRow): string | undefined => {
  if (status === "rejected") return errorMessage;
  return errorCode === undefined ? errorMessage : `${errorCode}: ${action}`;
};
