import { monotonicFactory } from "ulid";
import type { Batch, BatchDecision } from "../../install/batch.ts";
import type { Requester } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import { indexId } from "../../redis/id-set.ts";
import { indexTimes } from "../installs/list.ts";
import { type Keys, sumOfShards } from "../keyspace/keys.ts";
import { ShardsError } from "../keyspace/shards.ts";
import { countBatch } from "./counts.ts";
import { createListBatches, type ListBatches } from "./list.ts";
import { addWorkspaces, isBatchWithin } from "./reach.ts";
import { type BatchRow, type BatchRows, createBatchRows, shardOfRecord, writeRecord } from "./rows.ts";
import { decideBatch, openBatch, tallyBatch } from "./scripts.ts";
import { createBatchParts, renewBatch } from "./shards.ts";
import { type BatchFields, batchFields, readBatchFields, viewBatch } from "./view.ts";

/** What the counts of a batch led to. */
export interface Tally {
  readonly hasFinished: boolean;
  /** Its installs have to be woken or cancelled: see `move.ts`. */
  readonly mustMove: boolean;
  readonly isCancelled: boolean;
  /** Installs of it wait until its canary has ended. */
  readonly hasCanary: boolean;
}

export interface BatchOptions {
  readonly name: string;
  /** So many installs go first, alone. */
  readonly canary?: number | undefined;
  /** Percent of failed installs beyond which the batch pauses by itself. */
  readonly haltAt?: number | undefined;
  /** Who sends it. */
  readonly requestedBy?: string | undefined;
  /** The only workspaces that one reaches, in lower case; undefined: all. */
  readonly within?: readonly string[] | undefined;
}

/** What people decide about a batch. A `retry` takes back a cancel that was carried out. */
export type Decision = BatchDecision["decision"];

/** Rows that were read together, known by a digest of their input. */
interface RowGroup {
  readonly firstRow: number;
  readonly digest: string;
  /** What the rows are about: workspaces in lower case, or `everyWorkspace`. */
  readonly workspaces: readonly string[];
}

/** What is known of a batch beside what callers see. */
interface BatchState {
  readonly batch: Batch;
  /** Its rows have all been read. */
  readonly isClosed: boolean;
  /** When rows were last read, Unix ms. */
  readonly readAtMs: number;
  /** Something was decided that its installs do not know yet. */
  readonly mustMove: boolean;
  readonly decisions: number;
  /** How often it was started: 1, and one more each time people retried rows of it after its end. */
  readonly starts: number;
  readonly hasCanary: boolean;
}

/**
 * Batches: which rows of one input became which installs, and how far these are. The installs themselves are
 * BullMQ's, and what a batch counts is read from them: see `scripts.ts`.
 */
export interface Batches extends BatchRows {
  /**
   * Opens the batch of an import.
   *
   * @param by What its first rows and options amount to, also under older keys: an import that was cut off goes on in
   * its batch.
   */
  open(
    by: { readonly importKey: string; readonly olderKeys?: readonly string[] },
    options: BatchOptions,
  ): Promise<{ readonly id: string; readonly isContinued: boolean }>;
  /** The digest of a group of rows that was recorded before. */
  digestOf(batchId: string, firstRow: number): Promise<string | undefined>;
  /** Records a group of rows; repeating a row overwrites it. */
  record(batchId: string, rows: readonly BatchRow[], group: RowGroup): Promise<Tally>;
  /** Marks the import as ended: no further rows. */
  close(batchId: string, rowCount: number, options?: { readonly isCutOff?: boolean }): Promise<Tally>;
  /** Looks again at the installs of rows. @param options.isReopening Somebody retried them. */
  recount(
    batchId: string,
    rows: readonly number[],
    options?: { readonly isReopening?: boolean },
  ): Promise<Tally>;
  /** Says that its installs do not know yet what was decided about them. */
  move(batchId: string): Promise<void>;
  /** They know what was decided up to then; a later decision stands. */
  markMoved(batchId: string, decisions: number): Promise<void>;
  /** What it has is kept for as long again: for a batch that stays open longer than an ended one is kept. */
  renew(batchId: string, rows: number): Promise<void>;
  /** Tells all shards again what was decided; for a process that was killed before it had. */
  mirror(batchId: string): Promise<void>;
  /** @param requester Who decides; without it, it is not kept as the batch's last decision. */
  decide(
    batchId: string,
    decision: Decision,
    requester?: Requester,
  ): Promise<"done" | "cancelled" | "finished" | "gone">;
  /** Ids of all that have not finished. */
  findOpen(): Promise<readonly string[]>;
  /** Ids of those whose end has to be told. */
  findUntold(): Promise<readonly string[]>;
  markTold(batchId: string): Promise<void>;
  /** How many installs its canary has so far. */
  canaryCount(batchId: string): Promise<number>;
  find(batchId: string): Promise<Batch | undefined>;
  state(batchId: string): Promise<BatchState | undefined>;
  readonly list: ListBatches;
  /** Whether there is a batch of this id that is about nothing outside these workspaces. */
  isWithin(batchId: string, workspaces: readonly string[]): Promise<boolean>;
  /** Whether an install of it has to wait. */
  isPaused(install: { readonly batchId: string; readonly canary?: boolean | undefined }): Promise<boolean>;
}

export const createBatches = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** How long a batch stays after its last change, ms. */
  readonly retentionMs: number;
  readonly now?: () => number;
}): Batches => {
  const { client, keys, retentionMs } = deps;
  const home = keys.home();
  const parts = createBatchParts({ client, keys });
  const now = deps.now ?? Date.now;
  const nextId = monotonicFactory();

  const keptMs = (): number => indexTimes(retentionMs, now()).keptMs;

  /** Which of the rows a shard is told of. A row that is only looked at again may be in any. */
  const rowsOf = (rows: readonly (readonly [row: number, record: string])[]) => (shard: Keys) =>
    rows.filter(([, record]) => record === "" || shardOfRecord(keys, record) === shard);

  const tally = async (
    batchId: string,
    rows: readonly (readonly [row: number, record: string])[],
    { group, isReopening = false }: { readonly group?: RowGroup; readonly isReopening?: boolean } = {},
  ): Promise<Tally> => {
    const others = await parts.look(batchId, rowsOf(rows), { isReopening, keptMs: keptMs() });
    const answer = await tallyBatch(client, {
      batch: home.batch(batchId),
      open: home.openBatches,
      untold: home.untoldBatches,
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
    if (mustMirror === 1) await parts.mirror(batchId, keptMs());
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
      parts.counts(batchId),
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

  /** What an import left under an older key goes on under the present one. */
  const renew = async (importKey: string, olderKeys: readonly string[]): Promise<void> => {
    for (const older of olderKeys) {
      const known = await client.get(home.batchImport(older));
      if (known !== null) await client.set(home.batchImport(importKey), known, "PX", keptMs(), "NX");
    }
  };

  return {
    ...createBatchRows(deps),
    open: async ({ importKey, olderKeys = [] }, { name, canary, haltAt, requestedBy, within }) => {
      await renew(importKey, olderKeys);
      const newId = nextId(now());
      const { keptMs, oldestId } = indexTimes(retentionMs, now());
      const fields = {
        name,
        createdAt: now(),
        readAt: now(),
        workspaces: "",
        ...(requestedBy !== undefined && { requestedBy }),
        ...(within !== undefined && { makerWorkspaces: within.join(" ") }),
        ...(canary !== undefined && { canary, isCanary: 1 }),
        ...(haltAt !== undefined && { haltAt }),
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
      await parts.mirror(id, keptMs);
      await indexId(client, { set: home.batches, id, keptMs, oldestId });
      return { id, isContinued: id !== newId };
    },
    digestOf: async (batchId, firstRow) =>
      (await client.hget(`${home.batch(batchId)}:groups`, String(firstRow))) ?? undefined,
    record: async (batchId, rows, group) => {
      await addWorkspaces(client, { batch: home.batch(batchId), workspaces: group.workspaces });
      return tally(
        batchId,
        rows.map(({ row, record }) => [row, writeRecord(record)] as const),
        { group },
      );
    },
    close: async (batchId, rowCount, { isCutOff = false } = {}) => {
      // Installs that were told to wait for a canary which had just ended. Before the batch is closed, so that it is
      // not forgotten: what is not closed is closed again.
      if ((await load(batchId))?.canary !== undefined) await move(batchId);
      await client.hset(home.batch(batchId), { rowCount, rows: rowCount, ...(isCutOff && { isCutOff: 1 }) });
      return tally(batchId, []);
    },
    recount: (batchId, rows, options = {}) =>
      tally(
        batchId,
        rows.map((row) => [row, ""] as const),
        options,
      ),
    move,
    markMoved: async (batchId, decisions) => {
      await client.hset(home.batch(batchId), { moved: decisions });
    },
    decide: async (batchId, decision, requester) => {
      const [, , , , completed = 0, failed = 0] = await parts.counts(batchId);
      const answer = await decideBatch(client, {
        batch: home.batch(batchId),
        decision,
        nowMs: now(),
        otherCompleted: completed,
        otherFailed: failed,
        isKept: requester === undefined ? 0 : 1,
        decidedBy: requester?.requestedBy ?? "",
      });
      // Before the answer: from then on no gate lets through what was paused.
      if (answer === "done") await parts.mirror(batchId, keptMs());
      return answer;
    },
    renew: async (batchId, rows) => {
      await renewBatch(deps, { batchId, rows, keptMs: keptMs() });
    },
    mirror: (batchId) => parts.mirror(batchId, keptMs()),
    findOpen: () => client.smembers(home.openBatches),
    findUntold: () => client.smembers(home.untoldBatches),
    markTold: async (batchId) => {
      await client.srem(home.untoldBatches, batchId);
    },
    canaryCount: (batchId) => sumOfShards(keys, (shard) => client.scard(`${shard.batch(batchId)}:canary`)),
    find,
    state: async (batchId) => {
      const fields = await load(batchId);
      if (fields === undefined) return undefined;
      const { rowCount, readAt, decisions = 0, moved = 0, restarts = 0, isCanary } = fields;
      return {
        batch: await view(batchId, fields),
        isClosed: rowCount !== undefined,
        readAtMs: readAt,
        mustMove: decisions !== moved,
        decisions,
        starts: 1 + restarts,
        hasCanary: isCanary === 1,
      };
    },
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
