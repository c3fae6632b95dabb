import type { Batch } from "../../install/batch.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { isLimit } from "../terminal/limit.ts";
import { paintStatus } from "../terminal/paint-status.ts";
import { fittingTable } from "../terminal/plain-table.ts";
import { shortIds } from "../terminal/short-ids.ts";

export interface BatchesArgs {
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
  { limit, cursor, json }: BatchesArgs,
): Promise<number> => {
  if (!isLimit(io, limit)) return exitCode.wrongUsage;
  const page = await producer.batches.list({ limit, cursor });
  if (json) {
    printJson(io, page);
    return exitCode.done;
  }
  if (page.items.length === 0) printNote(io, "No batches. Import a file with: perch import FILE");
  else io.stdout.write(batchesTable(io, page.items, now()));
  if (page.nextCursor !== undefined) printLine(io, `next page: --cursor ${page.nextCursor}`);
  return exitCode.done;
};

const batchesTable = (io: Io, batches: readonly Batch[], nowMs: number): string => {
  const short = shortIds(batches.map(({ id }) => id));
  return fittingTable(
    [
      { title: "batch", max: 26 },
      { title: "name", max: 24 },
      { title: "status", max: 10, paint: paintStatus(io) },
      { title: "rows", max: 9 },
      { title: "done", max: 9 },
      { title: "failed", max: 9 },
      { title: "open", max: 9 },
      { title: "rejected", max: 9 },
      { title: "age", max: 5 },
      { title: "by", max: 20 },
    ],
    batches.map(({ id, name, status, createdAt, requestedBy = "", ...counts }) => [
      short(id),
      name,
      status,
      ...[counts.rows, counts.completed, counts.failed, counts.queued + counts.awaiting, counts.rejected].map(
        String,
      ),
      ageOf(createdAt, nowMs),
      requestedBy,
    ]),
  );
};

/** The id of the newest batch; undefined when there is none. */
export const newestBatchId = async (batches: Pick<Batches, "list">): Promise<string | undefined> => {
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await batches.list({ limit: 1, cursor });
    if (items[0] !== undefined || nextCursor === undefined) return items[0]?.id;
    cursor = nextCursor;
  }
};
