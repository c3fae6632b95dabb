import { InputError, type InputIssue, parseInput } from "../../install/errors/input-error.ts";
import type { Install } from "../../install/install.ts";
import { numberMismatch } from "../../install/number-mismatch.ts";
import { type InstallRequest, installRequestSchema, type Requester } from "../../install/request.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { inputColumns, publicInput, publicMembers } from "./columns.ts";
import type { Enqueued, EnqueuedRow } from "./enqueued.ts";
import type { CanaryPut, Submission } from "./put-installs.ts";

/** One row of a file: an input to validate, or one its reader has already found wrong. */
export type InputRow =
  | (RowPlace & { readonly input: unknown })
  | (RowPlace & { readonly input: unknown; readonly errors: readonly InputIssue[] });

interface RowPlace {
  readonly row: number;
  /** Line of the input file on which the row begins, from 1; undefined without a file. */
  readonly line?: number | undefined;
}

/** Numbers inputs from 1. */
export async function* numbered(
  inputs: AsyncIterable<unknown> | Iterable<unknown>,
): AsyncGenerator<InputRow> {
  let row = 0;
  for await (const input of inputs) {
    row += 1;
    yield { row, input };
  }
}

/** Between the knee of BullMQ's bulk throughput (100) and calls that block noticeably (1000). */
export const groupSize = 250;

export interface EnqueueGroupDeps {
  readonly put: (submissions: readonly Submission[], canary?: CanaryPut) => Promise<readonly Enqueued[]>;
  /** Makes the id of an install in this workspace. */
  readonly nextId: (workspaceId: string) => Promise<string>;
}

/** Enqueues rows group by group and yields one result a row, in order. An invalid row stops nothing. */
export async function* enqueueRows(
  deps: EnqueueGroupDeps,
  rows: AsyncIterable<InputRow> | Iterable<InputRow>,
  requester: Requester = {},
): AsyncGenerator<EnqueuedRow, void, undefined> {
  for await (const group of inGroups(rows, groupSize)) yield* await enqueueGroup(deps, group, requester);
}

interface GroupOptions extends Requester {
  readonly batch?: { readonly id: string; readonly canary?: CanaryPut | undefined };
}

/** Validates rows and enqueues the valid ones. */
export const enqueueGroup = async (
  { put, nextId }: EnqueueGroupDeps,
  group: readonly InputRow[],
  { requestedBy, batch }: GroupOptions,
): Promise<readonly EnqueuedRow[]> => {
  const validated = group.map(validateRow);
  const good = validated.filter((row) => "request" in row);
  const ids = await Promise.all(good.map(({ request }) => nextId(request.workspaceId)));
  const submissions = good.map(({ row, request }, index) => {
    const newId = ids[index];
    if (newId === undefined) throw new RangeError("an id for every row");
    return { request, newId, requestedBy, batchId: batch?.id, row };
  });
  const enqueued = await put(submissions, batch?.canary);
  const results = enqueued.values();
  return validated.map((row): EnqueuedRow => {
    if ("errors" in row) return rejected(row);
    const { value: result } = results.next();
    if (result === undefined) throw new RangeError("a result for every row");
    const { install } = result;
    // An import that continues may have enqueued this install before it was stopped, without recording it.
    const isOwn = batch !== undefined && install.batchId === batch.id && install.row === row.row;
    const { row: number, line, request } = row;
    if (result.created || isOwn) return { row: number, line, install, created: true };
    const mismatch = numberMismatch(request, install);
    if (mismatch !== undefined)
      return { row: number, line, input: publicInput(request), errors: mismatch.issues, code: mismatch.code };
    const [own, its] = [inputColumns(request), inputColumns(install)];
    const isSame = publicMembers.every((member) => own[member] === its[member]);
    return {
      ...{ row: number, line, install, created: false, differs: differences(request, install) },
      ...(!isSame && { own }),
    };
  });
};

/** Members compared when a row is attached to an install. The rest are its number and its secrets. */
const comparedMembers = [
  "name",
  "mbPhoneId",
  "channelConversationalStatusEnabled",
  "metadata",
  "callbackUrl",
] as const;

const differences = (request: InstallRequest, install: Install): readonly string[] =>
  comparedMembers.filter((name) => JSON.stringify(request[name]) !== JSON.stringify(install[name]));

/** A rejected row in the form that is returned and recorded. */
export const rejected = ({
  row,
  line,
  input,
  errors,
}: Extract<InputRow, { readonly errors: unknown }>): Extract<EnqueuedRow, { readonly errors: unknown }> => ({
  row,
  line,
  input: publicInput(input),
  errors,
});

/** Validates a row: its request, or everything that is wrong with it. */
export const validateRow = (
  row: InputRow,
):
  | (RowPlace & { readonly request: InstallRequest })
  | (RowPlace & { readonly input: unknown; readonly errors: readonly InputIssue[] }) => {
  if ("errors" in row) return row;
  try {
    return { row: row.row, line: row.line, request: parseInput(installRequestSchema, row.input) };
  } catch (error) {
    if (error instanceof InputError) return { ...row, errors: error.issues };
    throw error;
  }
};
