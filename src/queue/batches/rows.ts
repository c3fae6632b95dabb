import { z } from "zod";
import type { ErrorCode } from "../../install/errors/error-catalogue.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import { scoredMembers } from "../../redis/paging.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import { failuresMax } from "./counts.ts";
import { countFailures, countFaults, sumFailures } from "./failure-counts.ts";
import { readLineNumbers, readLinesOf, readOwnInput } from "./input-file.ts";
import { createWalkRows, type RowFilter, rowsIn } from "./row-walk.ts";

/** The result of one input row. `input` is the row as read, without its secrets. */
export type RowRecord =
  | {
      readonly installId: string;
      /** The number already had an install, which the row joined. */
      readonly attached: boolean;
      /** Members in which the row differs from the install it joined. */
      readonly differs?: readonly string[] | undefined;
    }
  | z.infer<typeof rejectSchema>;

const rejectSchema = z.object({
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
  input: z.record(z.string(), z.string()),
  /** Absent: the row breaks the schema. */
  code: z.literal("number_mismatch").optional(),
});

/** A row and its result. Rows count from 1. */
export interface BatchRow {
  readonly row: number;
  readonly record: RowRecord;
  /** Line of the input file on which it begins, from 1; undefined when unknown. */
  readonly line?: number | undefined;
  /** Its public input as text columns, where it differs from that of the install it is attached to. */
  readonly own?: Readonly<Record<string, string>> | undefined;
}

/** A row whose install has failed. */
export interface RowFailure {
  readonly row: number;
  /** Unix ms; 0 when unknown. */
  readonly failedAtMs: number;
}

/** The failed rows of a batch with one code. */
export interface FailureCount {
  readonly code: ErrorCode;
  readonly count: number;
  /** The first of them, two at most. */
  readonly rows: readonly number[];
}

/** The rejected rows of a batch with one fault; a row with several faults is counted under each. */
export interface FaultCount {
  readonly fault: number;
  readonly code: ErrorCode;
  /** JSON Pointer of the member, "" for the whole row; undefined: one of many faults that are counted together. */
  readonly path?: string | undefined;
  readonly message?: string | undefined;
  readonly count: number;
  /** The first of them, two at most. */
  readonly rows: readonly number[];
}

/** Reads the rows of batches. `scripts.ts` documents their keys. */
export interface BatchRows {
  /** Yields all recorded rows in input order, with their lines and own input, reading 500 at a time. */
  rows(batchId: string): AsyncGenerator<BatchRow, void, undefined>;
  /** Reads these rows, in the order given, leaving out unrecorded ones; some hundred at most. */
  readRows(batchId: string, rows: readonly number[]): Promise<readonly BatchRow[]>;
  /** Adds what the batch keeps of its input file to consecutive rows, or to some hundred others. */
  withInput(batchId: string, rows: readonly BatchRow[]): Promise<readonly BatchRow[]>;
  /** Walks the numbers of the rows that fit a filter: see `row-walk.ts`. */
  walkRows(batchId: string, filter: RowFilter, after?: number): AsyncGenerator<readonly number[]>;
  /** Numbers of the rows that were accepted or attached and have not ended. */
  openRows(batchId: string): Promise<readonly number[]>;
  /** Numbers of the rows in one of these states. */
  rowsIn(batchId: string, states: readonly ("failed" | "cancelled")[]): Promise<readonly number[]>;
  /** The rows that failed last, newest first; twenty at most. */
  failures(batchId: string): Promise<readonly RowFailure[]>;
  /**
   * How many rows failed with each code, the most frequent first. Leaves out rows whose install was gone before its end was
   * seen, and failures counted by versions before this one.
   */
  failureCounts(batchId: string): Promise<readonly FailureCount[]>;
  /** How many rows were rejected for each fault, the most frequent first; none of batches recorded by versions before this one. */
  faultCounts(batchId: string): Promise<readonly FaultCount[]>;
}

const pageSize = 500;

export const createBatchRows = ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): BatchRows => {
  const bits = (batchId: string, names: readonly string[]): Promise<readonly (Buffer | null)[]> =>
    Promise.all(
      keys.shards.flatMap((shard) =>
        names.map((name) => client.getBuffer(`${shard.batch(batchId)}:${name}`)),
      ),
    );

  const readRows = async (batchId: string, rows: readonly number[]): Promise<readonly BatchRow[]> => {
    const byHash = Map.groupBy(rows, (row) => Math.floor(row / 100));
    const [records, rejects] = await Promise.all([
      Promise.all(
        keys.shards.flatMap((shard) =>
          [...byHash].map(async ([hash, ofHash]) => {
            const texts = await client.hmget(`${shard.batch(batchId)}:rows:${hash}`, ...ofHash.map(String));
            return ofHash.flatMap((row, index) =>
              texts[index] == null ? [] : [[row, texts[index]] as const],
            );
          }),
        ),
      ),
      rows.length === 0 ? [] : client.hmget(`${keys.home().batch(batchId)}:rejects`, ...rows.map(String)),
    ]);
    const byRow = new Map(records.flat());
    return rows.flatMap((row, index) => {
      const text = byRow.get(row) ?? rejects[index];
      return text == null ? [] : [{ row, record: readRecord(text) }];
    });
  };

  const walkRows = createWalkRows({ client, keys });

  const withInput = async (batchId: string, rows: readonly BatchRow[]): Promise<readonly BatchRow[]> => {
    const batch = keys.home().batch(batchId);
    const [first, last] = [rows[0]?.row ?? 0, rows.at(-1)?.row ?? 0];
    const attached = rows.filter(({ record }) => "installId" in record && record.attached);
    const isDense = last - first < 2 * pageSize;
    const [lineOf, own] = await Promise.all([
      isDense
        ? readLineNumbers(client, batch, { first, last })
        : readLinesOf(
            client,
            batch,
            rows.map(({ row }) => row),
          ),
      readOwnInput(
        client,
        batch,
        attached.map(({ row }) => row),
      ),
    ]);
    return rows.map((row) => ({ ...row, line: lineOf(row.row), own: own.get(row.row) }));
  };

  return {
    async *rows(batchId) {
      const count = Number(await client.hget(keys.home().batch(batchId), "rows"));
      for (let first = 1; first <= count; first += pageSize) {
        const size = Math.min(pageSize, count - first + 1);
        const numbers = Array.from({ length: size }, (_, index) => first + index);
        yield* await withInput(batchId, await readRows(batchId, numbers));
      }
    },
    readRows,
    withInput,
    walkRows,
    openRows: async (batchId) => {
      const [begun, ended] = await Promise.all([
        bits(batchId, ["accepted", "attached"]),
        bits(batchId, ["completed", "failed", "cancelled"]),
      ]);
      return rowsOfBitmaps(begun, ended);
    },
    rowsIn: async (batchId, states) => rowsOfBitmaps(await bits(batchId, states), []),
    failureCounts: async (batchId) =>
      sumFailures(await eachShard(keys, (shard) => countFailures(client, { batch: shard.batch(batchId) }))),
    faultCounts: async (batchId) =>
      (await countFaults(client, { batch: keys.home().batch(batchId) }))
        .map(([fault, what, count, rows]) => {
          const [code = "invalid_request", path, message] = what ?? [];
          return { fault, code, path, message, count, rows };
        })
        .sort((a, b) => b.count - a.count || a.fault - b.fault),
    failures: async (batchId) => {
      const found = await eachShard(keys, (shard) =>
        client.zrange(`${shard.batch(batchId)}:newestFailures`, "0", "-1", "REV", "WITHSCORES"),
      );
      const newestFirst = found.flatMap(scoredMembers).sort((a, b) => b.score - a.score);
      return newestFirst
        .slice(0, failuresMax)
        .map(({ member, score }) => ({ row: Number(member), failedAtMs: score }));
    },
  };
};

/** Serializes a record for Redis: a sign and an id, or the JSON of its errors. */
export const writeRecord = (record: RowRecord): string => {
  if ("errors" in record) return JSON.stringify(record);
  const { installId, attached, differs = [] } = record;
  return `${attached ? "=" : "+"}${installId}${differs.length === 0 ? "" : ` ${differs.join(" ")}`}`;
};

/** Returns the shard of a record: that of its install, or the home shard when it has none. */
export const shardOfRecord = (keys: Keys, text: string): Keys =>
  text.startsWith("{") ? keys.home() : keys.ofInstall(text.slice(1, 27));

const unreadableRow: RowRecord = {
  errors: [{ path: "", message: "cannot be read by this version of Perch" }],
  input: {},
};

const readRecord = (text: string): RowRecord => {
  if (text.startsWith("{")) return rejectSchema.safeParse(jsonOrUndefined(text)).data ?? unreadableRow;
  const [id = "", ...differs] = text.split(" ");
  return {
    installId: id.slice(1),
    attached: id.startsWith("="),
    ...(differs.length > 0 && { differs }),
  };
};

/** Returns the rows set in any bitmap of `within` and none of `without`, ascending. */
const rowsOfBitmaps = (
  within: readonly (Buffer | null | undefined)[],
  without: readonly (Buffer | null | undefined)[],
): readonly number[] => {
  const bytes = Math.max(0, ...within.map((bits) => bits?.length ?? 0));
  return rowsIn(Uint8Array.from({ length: bytes }, (_, at) => joined(within, at) & ~joined(without, at)));
};

const joined = (bitmaps: readonly (Buffer | null | undefined)[], at: number): number =>
  bitmaps.reduce((byte, bits) => byte | (bits?.[at] ?? 0), 0);
