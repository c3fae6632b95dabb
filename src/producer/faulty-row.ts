import type { InputIssue } from "../install/input-error.ts";
import { type InputRow, judgeRow } from "./enqueue-rows.ts";

/** A row with what its reader found wrong with it, and with everything else that is wrong with its input. */
export const faultyRow = (
  row: number,
  input: Readonly<Record<string, unknown>>,
  issues: readonly InputIssue[],
): InputRow => {
  if (issues.length === 0) return { row, input };
  const named = new Set(issues.map(({ path }) => path));
  const judged = judgeRow({ row, input });
  const others = "errors" in judged ? judged.errors.filter(({ path }) => !named.has(path)) : [];
  return { row, input, errors: [...issues, ...others] };
};

const nothing = Object.freeze({});

/** A row of which nothing is kept: a token could stand anywhere in it. */
export const unreadableRow = (row: number, message: string, path = ""): InputRow => ({
  row,
  input: nothing,
  errors: [{ path, message }],
});

export const isUnreadable = ({ input }: InputRow): boolean => input === nothing;
