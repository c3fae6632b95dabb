import { encodeTime } from "ulid";
import { type Install, type InstallStatus, isEnded } from "../../install/install.ts";
import type { InstallFilter } from "../../install/install-filter.ts";
import type { SearchText } from "../../install/values/search-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import { forgetIds, hasIds, leafMax, readIds } from "../../redis/id-set.ts";
import { firstIdOf } from "../../redis/paging.ts";
import type { Keys } from "../keyspace/keys.ts";
import { readMarked, scoreOfStatus } from "./statuses.ts";

/** A filter as one list of a shard is read: of one status, and with every form of the number. */
export interface ListFilter extends Omit<InstallFilter, "status" | "phoneNumber"> {
  readonly status?: InstallStatus | undefined;
  /** In E.164; see `writtenForms`. */
  readonly phoneNumbers?: readonly string[] | undefined;
  /** A part of a name, number, id or metadata value. */
  readonly search?: SearchText | undefined;
  /** Its pause has been over for a minute and no worker has taken it. */
  readonly isStuck?: boolean | undefined;
}

export interface InstallPage {
  readonly items: readonly Install[];
  /** Where to go on; undefined at the end. A page may hold fewer items than asked for and still go on. */
  readonly nextCursor: string | undefined;
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
  candidates(filter: ListFilter): Promise<Candidates>;
  /** Ids of installs that a whole id or number names; none: it names none, or is neither. */
  named(search: SearchText): Promise<readonly string[]>;
  /** Leaves out ids that cannot pass the filter, according to the sets in Redis. */
  narrow(ids: readonly string[], filter: ListFilter): Promise<readonly string[]>;
  /** Drops ids whose installs are gone from the lists that a filter walks. */
  forget(ids: readonly string[], filter: ListFilter): Promise<void>;
}

/** Windows of the lookups that are read: an install ends within days of its creation and stays for the retention. */
const windowsRead = 3;

/** When indexes forget: an id this old belongs to no install that is still kept. */
export const indexTimes = (retentionMs: number, nowMs: number) => {
  const keptMs = windowsRead * retentionMs;
  return {
    keptMs,
    /** For what is written only in one window: from its first write, as long as `keptMs` after its last. */
    windowKeptMs: keptMs + retentionMs,
    window: Math.floor(nowMs / retentionMs),
    /** Smaller than every id that is younger. */
    oldestId: encodeTime(Math.max(0, nowMs - keptMs), 10),
  };
};

/** An install is added to the queue so long after its id was made, at most: by far, unless its producer was killed. */
const addMaxMs = 60_000;

/** Smaller than every id of an install of the filter's time; empty without a bound. */
export const oldestIdOf = ({ sinceMs }: ListFilter): string =>
  sinceMs === undefined ? "" : firstIdOf(sinceMs - addMaxMs);

/** Smaller than nearly every id of an install of the filter's time, which is hardly older than its install. */
export const sinceIdOf = ({ sinceMs }: ListFilter): string =>
  sinceMs === undefined ? "" : firstIdOf(sinceMs);

/** Larger than every id of an install of the filter's time; undefined without a bound. */
export const newestIdOf = ({ untilMs }: ListFilter): string | undefined =>
  untilMs === undefined ? undefined : firstIdOf(untilMs + 1);

/** How long an install may be due before it counts as stuck: by far longer than a worker needs to take it. */
const stuckMs = 60_000;

/** BullMQ's own sets, which are not in order of creation, are read whole up to this size. */
const fewMax = 10_000;

/**
 * Where a list of installs begins, so that no filter walks a million installs for a handful.
 *
 * Ids are ULIDs, so a set with equal scores is in order of creation; `id-set.ts` documents the layout of such
 * sets. Workspace, batch and error code have sets of their own, numbers and channels a lookup; whether an
 * install has ended is read from BullMQ's own sets, and what it waits for from the marks of `statuses.ts`.
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

  const marked = (score: number) => async (): Promise<Candidates> => ({
    count: await client.zcount(keys.statuses, score, score),
    before: (cursor, limit) =>
      readMarked(client, { statuses: keys.statuses, score, before: cursor ?? "", limit }),
  });

  const listed = (ids: readonly string[]): Candidates => {
    const newestFirst = [...new Set(ids)].sort().reverse();
    return {
      count: newestFirst.length,
      before: async (cursor, limit) =>
        newestFirst.filter((id) => cursor === undefined || id < cursor).slice(0, limit),
    };
  };

  const lookUp = async (what: "phone" | "channel", values: readonly string[]): Promise<readonly string[]> => {
    const { window } = indexTimes(deps.retentionMs, deps.now());
    const windows = Array.from({ length: windowsRead }, (_, back) => window - back);
    const found = await Promise.all(
      values.flatMap((value) => windows.map((each) => client.hget(keys.lookup(what, each, value), value))),
    );
    return found.flatMap((ids) => ids?.split(" ") ?? []);
  };

  const ofConnectors = async (connectorIds: readonly string[]): Promise<readonly string[]> => {
    const ids = await Promise.all(connectorIds.map((id) => client.hget(keys.connector(id), "job")));
    return ids.filter((id) => id !== null);
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

  /** Those that are due for longest; BullMQ keeps the order of jobs due in one millisecond in the lower 12 bits. */
  const stuck = async (): Promise<Candidates> => {
    const dueBefore = (deps.now() - stuckMs) * 0x1000;
    return listed(
      await client.zrange(bull("delayed"), "-inf", String(dueBefore), "BYSCORE", "LIMIT", 0, fewMax),
    );
  };

  const sources = (filter: ListFilter): (() => Promise<Candidates | undefined>)[] => {
    const { status, phoneNumbers, connectorId, channelId } = filter;
    const score = scoreOfStatus(status);
    if (filter.isStuck === true) return [stuck];
    return [
      ...(connectorId === undefined ? [] : [async () => listed(await ofConnectors([connectorId]))]),
      ...(channelId === undefined
        ? []
        : [async () => listed(await ofConnectors(await lookUp("channel", [channelId])))]),
      ...(phoneNumbers === undefined ? [] : [async () => listed(await lookUp("phone", phoneNumbers))]),
      ...(status === "submitting" ? [active] : []),
      ...(score !== undefined ? [marked(score)] : status === "queued" ? [live] : []),
      ...endedSets(filter).map(ended),
      ...sets(keys, filter).map(sorted),
      sorted(keys.installs),
    ];
  };

  const inLeaves = async (key: string, ids: readonly string[]): Promise<readonly boolean[]> =>
    (await hasIds(client, { set: key, ids })).map((has) => has === 1);

  const inPlain = async (key: string, ids: readonly string[]): Promise<readonly boolean[]> =>
    (await client.zmscore(key, ...ids)).map((score) => score !== null);

  const areMarked = async (score: number, ids: readonly string[]): Promise<readonly boolean[]> =>
    (await client.zmscore(keys.statuses, ...ids)).map((each) => Number(each) === score);

  return {
    candidates: async (filter) => {
      const found = await Promise.all(sources(filter).map((source) => source()));
      const [shortest] = found.filter((each) => each !== undefined).sort((a, b) => a.count - b.count);
      return shortest ?? listed([]);
    },
    named: async ({ installId, phoneNumbers, birdId }) => {
      const birdIds = birdId === undefined ? [] : [birdId];
      const [ofNumber, channels] = await Promise.all([
        lookUp("phone", phoneNumbers),
        lookUp("channel", birdIds),
      ]);
      const ofBirdId = await ofConnectors([...birdIds, ...channels]);
      return [...new Set([...(installId === undefined ? [] : [installId]), ...ofNumber, ...ofBirdId])];
    },
    narrow: async (ids, filter) => {
      if (ids.length === 0) return [];
      const score = scoreOfStatus(filter.status);
      const excluded = isLive(filter.status) ? [bull("completed"), bull("failed")] : [];
      const [within, without] = await Promise.all([
        Promise.all([
          ...sets(keys, filter).map((key) => inLeaves(key, ids)),
          ...endedSets(filter).map((set) => inPlain(bull(set), ids)),
          ...(score === undefined ? [] : [areMarked(score, ids)]),
        ]),
        Promise.all(excluded.map((key) => inPlain(key, ids))),
      ]);
      return ids.filter((_, at) => within.every((has) => has[at]) && !without.some((has) => has[at]));
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
const endedSets = ({ status, errorCode }: ListFilter): readonly ("completed" | "failed")[] => {
  if (status === "completed") return ["completed"];
  return status === "failed" || status === "cancelled" || errorCode !== undefined ? ["failed"] : [];
};

/** The sorted sets of ids an install must be in to fit. */
const sets = (keys: Keys, { status, workspaceId, batchId, errorCode }: ListFilter): string[] => {
  // What BullMQ itself fails is `internal`, and in no set of Perch.
  const code = status === "cancelled" ? status : errorCode === "internal" ? undefined : errorCode;
  return [
    ...(workspaceId === undefined ? [] : [keys.workspaceInstalls(workspaceId)]),
    ...(batchId === undefined ? [] : [keys.batchInstalls(batchId)]),
    ...(code === undefined ? [] : [keys.errorInstalls(code)]),
  ];
};
