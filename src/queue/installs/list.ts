import { encodeTime } from "ulid";
import type { ErrorCode } from "../../install/error-catalogue.ts";
import { type InstallStatus, isEnded } from "../../install/install.ts";
import type { RedisClient } from "../../redis/client.ts";
import { forgetIds, hasIds, leafMax, readIds } from "../../redis/id-set.ts";

import type { Keys } from "../keyspace/keys.ts";

export interface InstallFilter {
  readonly status?: InstallStatus | undefined;
  readonly workspaceId?: string | undefined;
  readonly batchId?: string | undefined;
  /** In E.164. */
  readonly phoneNumber?: string | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly errorCode?: ErrorCode | undefined;
  /** A part of its name, in any case. */
  readonly name?: string | undefined;
  /** Queued then or later, Unix ms. */
  readonly sinceMs?: number | undefined;
}

/** Ids of installs in order of creation, newest first: all there may be for a filter, some of which may not fit. */
interface Candidates {
  /** How many at most; exact only where that costs nothing. */
  readonly count: number;
  /** Ids older than the cursor, `limit` at most. */
  before(cursor: string | undefined, limit: number): Promise<readonly string[]>;
}

export interface InstallIndex {
  /** The shortest list that holds everything that fits the filter. */
  candidates(filter: InstallFilter): Promise<Candidates>;
  /** Leaves out ids that cannot pass the filter, according to the sets in Redis. */
  narrow(ids: readonly string[], filter: InstallFilter): Promise<readonly string[]>;
  /** Drops ids whose installs are gone from the lists that a filter walks. */
  forget(ids: readonly string[], filter: InstallFilter): Promise<void>;
  /** Drops ids of installs that are not held and do not retry any more. */
  forgetParked(ids: readonly string[]): Promise<void>;
}

/** Windows of the lookups that are read: an install ends within days of its creation and stays for the retention. */
const windowsRead = 3;

/** When indexes forget: an id this old belongs to no install that is still kept. */
export const indexTimes = (retentionMs: number, nowMs: number) => {
  const keptMs = windowsRead * retentionMs;
  return {
    keptMs,
    window: Math.floor(nowMs / retentionMs),
    /** Smaller than every id that is younger. */
    oldestId: encodeTime(Math.max(0, nowMs - keptMs), 10),
  };
};

/** Smaller than every id of this moment and later; empty without a bound. */
export const oldestIdOf = ({ sinceMs }: InstallFilter): string =>
  sinceMs === undefined ? "" : encodeTime(Math.min(Math.max(0, Math.floor(sinceMs)), timeMaxMs), 10);

/** The latest time a ULID can represent. */
const timeMaxMs = 2 ** 48 - 1;

/** BullMQ's own sets, which are not in order of creation, are read whole up to this size. */
const fewMax = 10_000;

/**
 * Where a list of installs begins, so that no filter walks a million installs for a handful.
 *
 * Ids are ULIDs, so a set with equal scores is in order of creation; `id-set.ts` documents the layout of such
 * sets. Workspace, batch and error code have sets of their own, numbers and channels a lookup; whether an
 * install has ended is read from BullMQ's own sets.
 * Whatever an index says is checked against the install itself, so one that lags hides or shows nothing wrong
 * for longer than the write behind it takes.
 */
export const createInstallIndex = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly retentionMs: number;
  readonly now: () => number;
}): InstallIndex => {
  const { client, keys } = deps;
  const bull = (set: string): string => keys.job(set);

  const sorted = (key: string) => async (): Promise<Candidates> => ({
    count: leafMax * (await client.zcard(key)),
    before: (cursor, limit) =>
      readIds(client, { set: key, from: cursor === undefined ? "+" : `(${cursor}`, limit }),
  });

  const listed = (ids: readonly string[]): Candidates => {
    const newestFirst = [...new Set(ids)].sort().reverse();
    return {
      count: newestFirst.length,
      before: async (cursor, limit) =>
        newestFirst.filter((id) => cursor === undefined || id < cursor).slice(0, limit),
    };
  };

  const lookUp = async (what: "phone" | "channel", value: string): Promise<readonly string[]> => {
    const { window } = indexTimes(deps.retentionMs, deps.now());
    const windows = Array.from({ length: windowsRead }, (_, back) => window - back);
    const found = await Promise.all(
      windows.map((each) => client.hget(keys.lookup(what, each, value), value)),
    );
    return found.flatMap((ids) => ids?.split(" ") ?? []);
  };

  const ofConnectors = async (connectorIds: readonly string[]): Promise<Candidates> => {
    const ids = await Promise.all(connectorIds.map((id) => client.hget(keys.connector(id), "job")));
    return listed(ids.filter((id) => id !== null));
  };

  const active = async (): Promise<Candidates> => listed(await client.lrange(bull("active"), 0, -1));

  /** All that have not ended, when they are few. */
  const live = async (): Promise<Candidates | undefined> => {
    const [delayed, prioritized] = await Promise.all([
      client.zcard(bull("delayed")),
      client.zcard(bull("prioritized")),
    ]);
    if (delayed + prioritized > fewMax) return undefined;
    const ids = await Promise.all([
      client.zrange(bull("delayed"), "0", "-1"),
      client.zrange(bull("prioritized"), "0", "-1"),
      client.lrange(bull("wait"), 0, fewMax),
      client.lrange(bull("active"), 0, -1),
    ]);
    return listed(ids.flat());
  };

  /** All that have ended in one way, when they are few. */
  const ended = (set: "completed" | "failed") => async (): Promise<Candidates | undefined> => {
    if ((await client.zcard(bull(set))) > fewMax) return undefined;
    return listed(await client.zrange(bull(set), "0", "-1"));
  };

  const sources = (filter: InstallFilter): (() => Promise<Candidates | undefined>)[] => {
    const { status, phoneNumber, connectorId, channelId } = filter;
    return [
      ...(connectorId === undefined ? [] : [() => ofConnectors([connectorId])]),
      ...(channelId === undefined ? [] : [async () => ofConnectors(await lookUp("channel", channelId))]),
      ...(phoneNumber === undefined ? [] : [async () => listed(await lookUp("phone", phoneNumber))]),
      ...(status === "submitting" ? [active] : isLive(status) ? [live] : []),
      ...endedSets(filter).map(ended),
      ...sets(keys, filter).map(sorted),
      sorted(keys.installs),
    ];
  };

  const inLeaves = async (key: string, ids: readonly string[]): Promise<readonly boolean[]> =>
    (await hasIds(client, { set: key, ids })).map((has) => has === 1);

  const inPlain = async (key: string, ids: readonly string[]): Promise<readonly boolean[]> =>
    (await client.zmscore(key, ...ids)).map((score) => score !== null);

  return {
    candidates: async (filter) => {
      const found = await Promise.all(sources(filter).map((source) => source()));
      const [shortest] = found.filter((each) => each !== undefined).sort((a, b) => a.count - b.count);
      return shortest ?? listed([]);
    },
    narrow: async (ids, filter) => {
      if (ids.length === 0) return [];
      const excluded = isLive(filter.status) ? [bull("completed"), bull("failed")] : [];
      const [within, without] = await Promise.all([
        Promise.all([
          ...sets(keys, filter).map((key) => inLeaves(key, ids)),
          ...endedSets(filter).map((set) => inPlain(bull(set), ids)),
        ]),
        Promise.all(excluded.map((key) => inPlain(key, ids))),
      ]);
      return ids.filter((_, at) => within.every((has) => has[at]) && !without.some((has) => has[at]));
    },
    forgetParked: async (ids) => {
      if (ids.length > 0) await forgetIds(client, { set: keys.parkedInstalls, ids });
    },
    forget: async (ids, filter) => {
      if (ids.length === 0) return;
      await Promise.all(
        [keys.installs, ...sets(keys, filter)].map((key) => forgetIds(client, { set: key, ids })),
      );
    },
  };
};

const isLive = (status: InstallStatus | undefined): boolean => status !== undefined && !isEnded(status);

/** BullMQ's set an install must be in to fit. */
const endedSets = ({ status, errorCode }: InstallFilter): readonly ("completed" | "failed")[] => {
  if (status === "completed") return ["completed"];
  return status === "failed" || status === "cancelled" || errorCode !== undefined ? ["failed"] : [];
};

/** The sorted sets of ids an install must be in to fit. */
const sets = (keys: Keys, { status, workspaceId, batchId, errorCode }: InstallFilter): string[] => {
  // What BullMQ itself fails is `internal`, and in no set of Perch.
  const code = status === "cancelled" ? status : errorCode === "internal" ? undefined : errorCode;
  return [
    ...(workspaceId === undefined ? [] : [keys.workspaceInstalls(workspaceId)]),
    ...(batchId === undefined ? [] : [keys.batchInstalls(batchId)]),
    ...(code === undefined ? [] : [keys.errorInstalls(code)]),
    ...(status === "held" || status === "retrying" ? [keys.parkedInstalls] : []),
  ];
};
