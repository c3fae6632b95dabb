import type { Redis } from "ioredis";
import { monotonicFactory } from "ulid";
import { z } from "zod";
import type { Keys } from "./keys.ts";

/** What became of one input row. `input` is the row as read, without its secrets. */
const rowRecordSchema = z.union([
  z.object({ installId: z.string(), attached: z.boolean() }),
  z.object({
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    input: z.record(z.string(), z.string()),
  }),
]);

export type RowRecord = z.infer<typeof rowRecordSchema>;

/** A row and what became of it. Rows count from 1. */
export interface BatchRow {
  readonly row: number;
  readonly record: RowRecord;
}

export interface Batches {
  /** Opens a batch; its rows follow. */
  create(name: string): Promise<string>;
  /** Records rows; repeating a row overwrites it. */
  record(batchId: string, rows: readonly BatchRow[]): Promise<void>;
  /** Marks the import as ended: no further rows. */
  close(batchId: string, rowCount: number): Promise<void>;
  /** All recorded rows in input order, a few hundred at a time. */
  rows(batchId: string): AsyncGenerator<BatchRow, void, undefined>;
  find(batchId: string): Promise<BatchHeader | undefined>;
}

export interface BatchHeader {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /** Rows read; undefined while the import goes on. */
  readonly rowCount: number | undefined;
}

const pageSize = 500;

/** Batches: which rows of one input became which installs. The installs themselves are BullMQ's. */
export const createBatches = (deps: {
  readonly client: Redis;
  readonly keys: Keys;
  /** How long a batch stays after its last change, ms. */
  readonly retentionMs: number;
  readonly now?: () => number;
}): Batches => {
  const { client, keys, retentionMs } = deps;
  const now = deps.now ?? Date.now;
  const nextId = monotonicFactory();
  const find = async (batchId: string): Promise<BatchHeader | undefined> => {
    const [name, createdAt, rowCount] = await client.hmget(
      keys.batch(batchId),
      "name",
      "createdAt",
      "rowCount",
    );
    if (name == null || createdAt == null) return undefined;
    return { id: batchId, name, createdAt, rowCount: rowCount == null ? undefined : Number(rowCount) };
  };
  return {
    create: async (name) => {
      const id = nextId(now());
      await client.hset(keys.batch(id), { name, createdAt: new Date(now()).toISOString() });
      await client.pexpire(keys.batch(id), retentionMs);
      return id;
    },
    record: async (batchId, rows) => {
      if (rows.length === 0) return;
      const fields = Object.fromEntries(rows.map(({ row, record }) => [row, JSON.stringify(record)]));
      await client.hset(keys.batchRows(batchId), fields);
      await client.pexpire(keys.batchRows(batchId), retentionMs);
    },
    close: async (batchId, rowCount) => {
      await client.hset(keys.batch(batchId), { rowCount });
      await client.pexpire(keys.batch(batchId), retentionMs);
    },
    async *rows(batchId) {
      const recorded = await client.hlen(keys.batchRows(batchId));
      const count = (await find(batchId))?.rowCount ?? recorded;
      for (let first = 1; first <= count; first += pageSize) {
        const numbers = Array.from(
          { length: Math.min(pageSize, count - first + 1) },
          (_, index) => first + index,
        );
        const texts = await client.hmget(keys.batchRows(batchId), ...numbers.map(String));
        for (const [index, text] of texts.entries()) {
          if (text !== null) yield { row: first + index, record: rowRecordSchema.parse(JSON.parse(text)) };
        }
      }
    },
    find,
  };
};
