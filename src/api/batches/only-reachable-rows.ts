import { z } from "zod";
import type { InputRow } from "../../producer/put/enqueue-rows.ts";
import { faultyRow } from "../../producer/read/row-errors.ts";
import { workspaceIdSchema } from "../auth/api-keys.ts";
import { type Caller, outOfReach, reaches } from "../auth/reach.ts";

/** Rows with the fault named of each that is for a workspace the caller does not reach; the others are as they were. */
export async function* onlyReachableRows(
  rows: AsyncGenerator<InputRow, void, undefined>,
  caller: Caller,
): AsyncGenerator<InputRow, void, undefined> {
  for await (const row of rows) yield caller.workspaces === undefined ? row : judge(row, caller);
}

const namedSchema = z.object({ workspaceId: workspaceIdSchema });
const inputSchema = z.record(z.string(), z.unknown());

/** A workspace that is none at all is left to the request's own schema. */
const judge = (row: InputRow, caller: Caller): InputRow => {
  const named = namedSchema.safeParse(row.input).data?.workspaceId;
  if (named === undefined || reaches(caller, named)) return row;
  if ("errors" in row) return { ...row, errors: [...row.errors, outOfReach] };
  return faultyRow(row.row, inputSchema.catch({}).parse(row.input), [outOfReach]);
};
