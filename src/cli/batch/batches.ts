import type { Batch, BatchStatus } from "../../install/batch.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { batchWalkMax } from "../../queue/batches/list.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";
import { isPage, printPage } from "../terminal/page.ts";
import { paintStatus } from "../terminal/paint-status.ts";
import { fittingTable } from "../terminal/plain-table.ts";
import { shortIds } from "../terminal/short-ids.ts";

export interface BatchesArgs {
  /** A batch has any of these. */
  readonly status?: readonly BatchStatus[] | undefined;
  /** A part of the name. */
  readonly name?: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly json: boolean;
}

interface BatchesDeps {
  readonly io: Io;
  readonly producer: { readonly batches: Pick<Batches, "list"> };
  readonly now?: () => number;
}

/** `perch batches`: batches, newest first, one page. */
export const batchesCommand = async (
  { io, producer, now = Date.now }: BatchesDeps,
  { status, name, limit, cursor, json }: BatchesArgs,
): Promise<number> => {
  if (!isPage(io, { limit, cursor })) return exitCode.wrongUsage;
  if (name?.trim() === "") {
    printNote(io, "--name must not be empty.");
    return exitCode.wrongUsage;
  }
  const page = await producer.batches.list({ limit, cursor, status, name: name?.trim() });
  const isFiltered = status !== undefined || name !== undefined;
  const hasStopped = isFiltered && page.nextCursor !== undefined && page.items.length < limit;
  const nothing = isFiltered ? "No such batches." : "No batches. Import a file with: perch import FILE";
  return printPage(io, page, {
    isJson: json,
    table: (items) => batchesTable(io, items, now()),
    none: page.nextCursor === undefined ? nothing : "No batches on this page.",
    note: hasStopped
      ? `The search stopped after ${batchWalkMax} batches: others may fit further back.`
      : undefined,
  });
};

const batchesTable = (io: Io, batches: readonly Batch[], nowMs: number): string => {
  const short = shortIds(batches.map(({ id }) => id));
  return fittingTable(batches, [
    { title: "batch", max: 26, of: ({ id }) => short(id) },
    { title: "name", max: 24, of: ({ name }) => name },
    { title: "status", max: 10, paint: paintStatus(io), of: ({ status }) => status },
    { title: "rows", max: 9, of: ({ rows }) => rows },
    { title: "done", max: 9, of: ({ completed }) => completed },
    { title: "failed", max: 9, of: ({ failed }) => failed },
    { title: "open", max: 9, of: ({ queued, awaiting }) => queued + awaiting },
    { title: "rejected", max: 9, of: ({ rejected }) => rejected },
    { title: "age", max: 5, of: ({ createdAt }) => ageOf(createdAt, nowMs) },
    { title: "by", max: 20, of: ({ requestedBy }) => requestedBy },
  ]);
};

/** The id of the newest batch; undefined when there is none. */
export const newestBatchId = async (batches: Pick<Batches, "list">): Promise<string | undefined> => {
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await batches.list({ limit: 1, cursor });
    if (items[0] !== undefined || nextCursor === undefined) return items[0]?.id;
    cursor = nextCursor;
  }
};
