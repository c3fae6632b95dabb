import { monotonicFactory } from "ulid";
import type { Batch, BatchDecision, BatchSample, InputFile } from "../../install/batch.ts";
import type { Requester } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import { indexId } from "../../redis/id-set.ts";
import { indexTimes } from "../installs/list.ts";
import { type Keys, sumOfShards } from "../keyspace/keys.ts";
import { ShardsError } from "../keyspace/shards.ts";
import { countBatch, elsewhere } from "./counts.ts";
import { type GroupInput, readInputFile, readLinesOf, writeGroupInput } from "./input-file.ts";
import { createListBatches, type ListBatches } from "./list.ts";
import { addWorkspaces, isBatchWithin } from "./reach.ts";
import { type BatchRow, type BatchRows, createBatchRows, shardOfRecord, writeRecord } from "./rows.ts";
import { decideBatch, openBatch, recountBatch } from "./scripts.ts";
import { createBatchShards, renewBatch } from "./shards.ts";
import { createFindStale, type StaleRows } from "./stale-rows.ts";
import { createSweepCursor, type SweepCursor } from "./sweep-cursor.ts";
import { type BatchFields, batchFields, readBatchFields, readSamples, viewBatch } from "./view.ts";

/** What a recount of a batch led to. */
export interface RecountResult {
  readonly hasFinished: boolean;
  /** Its installs have to be woken or cancelled: see `move.ts`. */
  readonly mustMove: boolean;
  readonly isCancelled: boolean;
  /** Its other installs wait for the end of its canary. */
  readonly hasCanary: boolean;
}

export interface BatchOptions {
  readonly name: string;
  /** Number of installs sent before all others. */
  readonly canary?: number | undefined;
  /** Percentage of failed installs above which the batch pauses itself. */
  readonly haltAt?: number | undefined;
  /** Who sends it. */
  readonly requestedBy?: string | undefined;
  /** Workspaces the sender may access, in lower case; undefined: all. */
  readonly within?: readonly string[] | undefined;
  /** What is known of the input before its rows are read. */
  readonly file?: InputFile | undefined;
}

/** A manual decision about a batch. `retry` revokes a completed cancel. */
export type Decision = BatchDecision["decision"];

/** Rows that were read together, identified by a digest of their input. */
interface RowGroup {
  readonly firstRow: number;
  readonly digest: string;
  /** Workspaces of the rows in lower case, or `everyWorkspace`. */
  readonly workspaces: readonly string[];
  readonly input?: GroupInput | undefined;
}

/** A batch with its internal state. */
interface BatchState {
  readonly batch: Batch;
  /** All rows have been read. */
  readonly isClosed: boolean;
  /** When rows were last read, Unix ms. */
  readonly readAtMs: number;
  /** A decision is not applied to its installs yet. */
  readonly mustMove: boolean;
  readonly decisions: number;
  /** How often it was started: 1 plus the retries of rows after its end. */
  readonly starts: number;
  readonly hasCanary: boolean;
  /**
   * Its end, a halt or the end of its canary may be due: one script writes rows and applies what follows in the home
   * shard, but a process can be killed between the shards, or between the close of an import and its recount.
   */
  readonly isUnsettled: boolean;
}

/**
 * Batches: which rows of one input became which installs, and their progress. Installs are BullMQ jobs; a batch's
 * counts are read from them (see `scripts.ts`).
 */
export interface Batches extends BatchRows {
  /**
   * Opens the batch of an import.
   *
   * @param by Keys derived from its first rows and options, in the current and older formats: an interrupted import
   * continues in its batch.
   */
  open(
    by: { readonly importKey: string; readonly olderKeys?: readonly string[] },
    options: BatchOptions,
  ): Promise<{ readonly id: string; readonly isContinued: boolean }>;
  /** Returns the digest of a recorded group of rows. */
  digestOf(batchId: string, firstRow: number): Promise<string | undefined>;
  /** Records a group of rows; a row recorded again is overwritten. */
  record(batchId: string, rows: readonly BatchRow[], group: RowGroup): Promise<RecountResult>;
  /** Marks the import as complete: no further rows. */
  close(batchId: string, rowCount: number, options?: { readonly isCutOff?: boolean }): Promise<RecountResult>;
  /** Re-reads the installs of rows. @param options.isReopening The rows were retried. */
  recount(
    batchId: string,
    rows: readonly number[],
    options?: { readonly isReopening?: boolean },
  ): Promise<RecountResult>;
  /** Compares some open rows with their installs, from row `first` on; see `stale-rows.ts`. */
  findStale(batchId: string, first: number): Promise<StaleRows>;
  readonly sweepCursor: { read(): Promise<SweepCursor>; write(cursor: SweepCursor): Promise<void> };
  /** Marks the batch: its installs must be moved. */
  move(batchId: string): Promise<void>;
  /** Marks the first `decisions` decisions as applied; later ones stay pending. */
  markMoved(batchId: string, decisions: number): Promise<void>;
  /** Extends the expiry of its keys: a batch may stay open longer than the retention. */
  renew(batchId: string, rows: number): Promise<void>;
  /** Copies its state to all shards again, in case a process was killed before it had. */
  mirror(batchId: string): Promise<void>;
  /** Applies a decision. @param requester Without it, the decision is not stored as the batch's last. */
  decide(
    batchId: string,
    decision: Decision,
    requester?: Requester,
  ): Promise<"done" | "cancelled" | "finished" | "gone">;
  /** Ids of unfinished batches. */
  findOpen(): Promise<readonly string[]>;
  /** Ids of finished batches whose end is not notified yet. */
  findUnnotified(): Promise<readonly string[]>;
  markNotified(batchId: string): Promise<void>;
  /** Number of installs in its canary. */
  canaryCount(batchId: string): Promise<number>;
  find(batchId: string): Promise<Batch | undefined>;
  /** What results repeat of the file it was read from. */
  inputFile(batchId: string): Promise<InputFile>;
  /** Returns the line of the input file on which each of these rows begins; some twenty rows at most. */
  linesOf(batchId: string, rows: readonly number[]): Promise<ReadonlyMap<number, number>>;
  state(batchId: string): Promise<BatchState | undefined>;
  /** How many of its installs had ended at some moments of the last minute it ran, oldest first. */
  samples(batchId: string): Promise<readonly BatchSample[]>;
  readonly list: ListBatches;
  /** Whether the batch exists and all its workspaces are among these. */
  isWithin(batchId: string, workspaces: readonly string[]): Promise<boolean>;
  /** Whether this install of it must wait. */
  isPaused(install: { readonly batchId: string; readonly canary?: boolean | undefined }): Promise<boolean>;
}

/** Rows recorded in one script, so that Redis serves others within a few milliseconds. */
const recordsAtOnce = 125;

export const createBatches = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** How long a batch is kept after its last change, ms. */
  readonly retentionMs: number;
  readonly now?: () => number;
}): Batches => {
  const { client, keys, retentionMs } = deps;
  const home = keys.home();
  const otherShards = createBatchShards({ client, keys });
  const now = deps.now ?? Date.now;
  const nextId = monotonicFactory();

  const keptMs = (): number => indexTimes(retentionMs, now()).keptMs;

  /** Returns what a shard is sent of the rows: a row without a record may be in any shard, a recorded one is in one only. */
  const rowsOf = (rows: readonly (readonly [row: number, record: string])[]) => (shard: Keys) =>
    rows.map(([row, record]) => {
      const isThere = record === "" || shardOfRecord(keys, record) === shard;
      return [row, isThere ? record : elsewhere] as const;
    });

  const recount = async (
    batchId: string,
    rows: readonly (readonly [row: number, record: string])[],
    { group, isReopening = false }: { readonly group?: RowGroup; readonly isReopening?: boolean } = {},
  ): Promise<RecountResult> => {
    const others = await otherShards.look(batchId, rowsOf(rows), { isReopening, keptMs: keptMs() });
    const answer = await recountBatch(client, {
      batch: home.batch(batchId),
      open: home.openBatches,
      unnotified: home.unnotifiedBatches,
      shardCount: home.shardCount,
      batchId,
      nowMs: now(),
      keptMs: keptMs(),
      jobPrefix: home.job(""),
      isReopening: isReopening ? 1 : 0,
      group: group?.firstRow ?? 0,
      digest: group?.digest ?? "",
      lastRow: rows.at(-1)?.[0] ?? 0,
      version: others.version,
      shards: keys.shards.length,
      otherCounts: JSON.stringify(others.counts),
      rows: rowsOf(rows)(home).flat(),
    });
    if (answer[0] === -1) throw new ShardsError(answer[1]);
    const [hasFinished, mustMove, isCancelled, hasCanary, mustMirror] = answer;
    if (mustMirror === 1) await otherShards.mirror(batchId, keptMs());
    return {
      hasFinished: hasFinished === 1,
      mustMove: mustMove === 1,
      isCancelled: isCancelled === 1,
      hasCanary: hasCanary === 1,
    };
  };

  const load = async (batchId: string): Promise<BatchFields | undefined> =>
    readBatchFields(await client.hmget(home.batch(batchId), ...batchFields));

  const view = async (batchId: string, fields: BatchFields): Promise<Batch> => {
    const [ownCounts, otherCounts, samples] = await Promise.all([
      countBatch(client, { batch: home.batch(batchId) }),
      otherShards.counts(batchId),
      client.lrange(`${home.batch(batchId)}:samples`, 0, -1),
    ]);
    const counts = ownCounts.map((count, place) => count + (otherCounts[place] ?? 0));
    return viewBatch(batchId, fields, { counts, samples, nowMs: now() });
  };

  const find = async (batchId: string): Promise<Batch | undefined> => {
    const fields = await load(batchId);
    return fields && view(batchId, fields);
  };

  const move = async (batchId: string): Promise<void> => {
    await client.hincrby(home.batch(batchId), "decisions", 1);
  };

  /** Moves an import stored under an older key to the current one. */
  const renew = async (importKey: string, olderKeys: readonly string[]): Promise<void> => {
    for (const older of olderKeys) {
      const known = await client.get(home.batchImport(older));
      if (known !== null) await client.set(home.batchImport(importKey), known, "PX", keptMs(), "NX");
    }
  };

  return {
    ...createBatchRows(deps),
    open: async ({ importKey, olderKeys = [] }, { name, canary, haltAt, requestedBy, within, file = {} }) => {
      await renew(importKey, olderKeys);
      const atMs = now();
      const newId = nextId(atMs);
      const { keptMs, oldestId } = indexTimes(retentionMs, atMs);
      const fields = {
        name,
        // The same as the id's: a list by time goes by that.
        createdAt: atMs,
        readAt: atMs,
        workspaces: "",
        ...(requestedBy !== undefined && { requestedBy }),
        ...(within !== undefined && { makerWorkspaces: within.join(" ") }),
        ...(canary !== undefined && { canary, isCanary: 1 }),
        ...(haltAt !== undefined && { haltAt }),
        ...(file.delimiter !== undefined && { delimiter: file.delimiter }),
        ...(file.columns !== undefined && { columns: file.columns.join(" ") }),
      };
      const id = await openBatch(client, {
        import: home.batchImport(importKey),
        batch: home.batch(newId),
        open: home.openBatches,
        newId,
        batchPrefix: home.batch(""),
        keptMs,
        importKey,
        fields: Object.entries(fields).flat(),
      });
      await otherShards.mirror(id, keptMs);
      await indexId(client, { set: home.batches, id, keptMs, oldestId });
      return { id, isContinued: id !== newId };
    },
    digestOf: async (batchId, firstRow) =>
      (await client.hget(`${home.batch(batchId)}:groups`, String(firstRow))) ?? undefined,
    record: async (batchId, rows, group) => {
      await addWorkspaces(client, { batch: home.batch(batchId), workspaces: group.workspaces });
      await writeGroupInput(client, home.batch(batchId), group.input ?? {});
      const records = rows.map(({ row, record }) => [row, writeRecord(record)] as const);
      let first = 0;
      for (; first + recordsAtOnce < records.length; first += recordsAtOnce)
        await recount(batchId, records.slice(first, first + recordsAtOnce));
      // The digest with the last of them: it says that all are there.
      return recount(batchId, records.slice(first), { group });
    },
    close: async (batchId, rowCount, { isCutOff = false } = {}) => {
      // Wakes installs that started to wait just as the canary ended. Before the close, so that a crash in between
      // cannot lose it: an unclosed batch is closed again.
      if ((await load(batchId))?.canary !== undefined) await move(batchId);
      await client.hset(home.batch(batchId), { rowCount, rows: rowCount, ...(isCutOff && { isCutOff: 1 }) });
      return recount(batchId, []);
    },
    recount: (batchId, rows, options = {}) =>
      recount(
        batchId,
        rows.map((row) => [row, ""] as const),
        options,
      ),
    findStale: createFindStale({ client, keys }),
    sweepCursor: createSweepCursor({ client, keys }),
    move,
    markMoved: async (batchId, decisions) => {
      await client.hset(home.batch(batchId), { moved: decisions });
    },
    decide: async (batchId, decision, requester) => {
      const [, , , , completed = 0, failed = 0] = await otherShards.counts(batchId);
      const answer = await decideBatch(client, {
        batch: home.batch(batchId),
        decision,
        nowMs: now(),
        otherCompleted: completed,
        otherFailed: failed,
        isKept: requester === undefined ? 0 : 1,
        decidedBy: requester?.requestedBy ?? "",
      });
      // Before returning: from then on no gate passes a paused install.
      if (answer === "done") await otherShards.mirror(batchId, keptMs());
      return answer;
    },
    renew: async (batchId, rows) => {
      await renewBatch(deps, { batchId, rows, keptMs: keptMs() });
    },
    mirror: (batchId) => otherShards.mirror(batchId, keptMs()),
    findOpen: () => client.smembers(home.openBatches),
    findUnnotified: () => client.smembers(home.unnotifiedBatches),
    markNotified: async (batchId) => {
      await client.srem(home.unnotifiedBatches, batchId);
    },
    canaryCount: (batchId) => sumOfShards(keys, (shard) => client.scard(`${shard.batch(batchId)}:canary`)),
    find,
    inputFile: (batchId) => readInputFile(client, home.batch(batchId)),
    linesOf: async (batchId, rows) => {
      const lineOf = await readLinesOf(client, home.batch(batchId), rows);
      const lines = rows.map((row) => [row, lineOf(row)] as const);
      return new Map(lines.flatMap(([row, line]) => (line === undefined ? [] : [[row, line] as const])));
    },
    state: async (batchId) => {
      const fields = await load(batchId);
      if (fields === undefined) return undefined;
      const { rowCount, readAt, decisions = 0, moved = 0, restarts = 0, isCanary } = fields;
      const batch = await view(batchId, fields);
      const isAllEnded = batch.queued + batch.awaiting === 0;
      return {
        batch,
        isClosed: rowCount !== undefined,
        readAtMs: readAt,
        mustMove: decisions !== moved,
        decisions,
        starts: 1 + restarts,
        hasCanary: isCanary === 1,
        isUnsettled: isAllEnded || isCanary === 1 || keys.shards.length > 1,
      };
    },
    samples: async (batchId) => readSamples(await client.lrange(`${home.batch(batchId)}:samples`, 0, -1)),
    isWithin: async (batchId, workspaces) => {
      const fields = await load(batchId);
      return fields !== undefined && isBatchWithin(fields, workspaces);
    },
    list: createListBatches({ client, key: home.batches, load, view }),
    isPaused: async ({ batchId, canary }) => {
      const fields = await load(batchId);
      return fields?.pausedAt !== undefined || (fields?.isCanary === 1 && canary !== true);
    },
  };
};
