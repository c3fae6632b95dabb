import type { InputRow } from "../../src/producer/put/enqueue-rows.ts";
import { chaosRequest } from "./chaos-request.ts";

/** One row in fifty of an import is refused. */
export const isBadRow = (n: number): boolean => n % 50 === 7;

/** Rows of an import, numbered from 1, of the numbers from `first` on. */
export const chaosRows = function* (
  { first, count }: { readonly first: number; readonly count: number },
  workspaces: number,
): Generator<InputRow> {
  for (let row = 1; row <= count; row += 1) {
    const n = first + row - 1;
    const good = chaosRequest(n, workspaces);
    yield { row, input: isBadRow(n) ? { ...good, wabaId: "no digits" } : good };
  }
};
