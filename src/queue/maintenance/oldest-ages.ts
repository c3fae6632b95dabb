import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import { bands } from "../gate/fair-priorities.ts";
import { installDataSchema } from "../installs/data.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";

/** Ages in ms, 0 where there is nothing. See {@link createReadOldest} for whose. */
export type OldestAges = Readonly<
  Record<"waiting" | "parked" | "event" | "unmatched" | "notification" | "outcome", number>
>;

/** BullMQ keeps the order in which installs of one priority came in the lower 32 bits. */
const scoreOf = (priority: number): number => priority * 0x1_0000_0000;
/** BullMQ keeps the order of jobs due in one millisecond in the lower 12 bits. */
const dueMsOf = (score: number): number => Math.floor(score / 0x1000);

/**
 * Reads how long what is next has waited: of `waiting` the install taken next, singles and bulk apart, since it was
 * ready to be taken; of `parked` how long the one due first has been due; of the others the first in line, since it
 * came.
 */
export const createReadOldest = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now: () => number;
}): (() => Promise<OldestAges>) => {
  const { client, keys, now } = deps;

  const firstScore = async (key: string): Promise<number | undefined> => {
    const [, score] = await client.zrange(key, "0", "0", "WITHSCORES");
    return score === undefined ? undefined : Number(score);
  };
  const age = async (key: string): Promise<number> => since(await firstScore(key), now());

  const next = async (shard: Keys, band: keyof typeof bands): Promise<number> => {
    const { firstTag, lastTag } = bands[band];
    const [from, to] = [scoreOf(firstTag), scoreOf(lastTag + 1) - 1];
    const [id] = await client.zrangebyscore(shard.installsIn("prioritized"), from, to, "LIMIT", 0, 1);
    if (id === undefined) return 0;
    const fields = await client.hmget(shard.job(id), "timestamp", "processedOn", "data");
    return since(readySince(fields, now()), now());
  };

  const overdue = async (shard: Keys): Promise<number> => {
    const score = await firstScore(shard.installsIn("delayed"));
    return since(score === undefined ? undefined : dueMsOf(score), now());
  };

  const oldest = async (ageIn: (shard: Keys) => Promise<number>): Promise<number> =>
    Math.max(...(await eachShard(keys, ageIn)));

  return async () => {
    const [interactive, bulk, parked, event, unmatched, notification, outcome] = await Promise.all([
      oldest((shard) => next(shard, "interactive")),
      oldest((shard) => next(shard, "bulk")),
      oldest(overdue),
      oldest((shard) => age(shard.arrived)),
      oldest((shard) => age(shard.unmatched)),
      age(keys.home().pendingNotifications),
      oldest((shard) => age(shard.outbox)),
    ]);
    return { waiting: Math.max(interactive, bulk), parked, event, unmatched, notification, outcome };
  };
};

const since = (atMs: number | undefined, nowMs: number): number =>
  atMs === undefined ? 0 : Math.max(0, nowMs - atMs);

const timesSchema = z.tuple([z.coerce.number(), z.coerce.number().nullable(), z.string()]);
const dataSchema = installDataSchema.pick({ nextActionAtMs: true });

/** Since when an install waits: since it was enqueued or, when it has been parked since, its park was over. */
const readySince = (fields: readonly (string | null)[], nowMs: number): number | undefined => {
  const times = timesSchema.safeParse(fields);
  if (!times.success) return undefined;
  const [timestamp, processedOn, data] = times.data;
  if (processedOn === null) return timestamp;
  const nextActionAtMs = dataSchema.safeParse(jsonOrUndefined(data)).data?.nextActionAtMs;
  return nextActionAtMs !== undefined && nextActionAtMs <= nowMs ? nextActionAtMs : processedOn;
};
