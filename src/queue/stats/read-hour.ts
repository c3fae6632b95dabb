import { encodeTime } from "ulid";
import { z } from "zod";
import { errorCodes } from "../../install/errors/install-error.ts";
import { birdAnswers, type StatsHour, timeBoundsMs } from "../../install/stats.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import { countIdsWithin } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import { fieldOf } from "./hourly-counts.ts";

const hourMs = 3_600_000;

const countEnded = defineScript({
  name: "perchEndedWithin",
  keys: ["completed", "failed"],
  args: ["fromMs", "toMs"],
  answer: z.tuple([z.number(), z.number()]),
  lua: `
local to = '(' .. toMs
return {redis.call('ZCOUNT', completed, fromMs, to), redis.call('ZCOUNT', failed, fromMs, to)}`,
});

/** Reads one hour. @param hour Since 1970, by Redis's clock. */
export const createReadHour =
  ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) =>
  async (hour: number): Promise<Omit<StatsHour, "isOver">> => {
    const [fromMs, toMs] = [hour * hourMs, (hour + 1) * hourMs];
    const [counted, shards] = await Promise.all([
      client.hgetall(`${keys.home().stats}:${hour}`),
      eachShard(keys, (shard) => readShard(client, shard, { fromMs, toMs })),
    ]);
    const sum = (of: (shard: (typeof shards)[number]) => number): number =>
      shards.reduce((total, shard) => total + of(shard), 0);
    const count = (field: string): number => countSchema.parse(counted[field]);
    return {
      from: isoTime(fromMs),
      created: sum(({ created }) => created),
      kept: { completed: sum(({ completed }) => completed), failed: sum(({ failed }) => failed) },
      ended: {
        completed: count(fieldOf.ended("completed")),
        failed: count(fieldOf.ended("failed")),
        cancelled: count(fieldOf.ended("cancelled")),
      },
      failuresByCode: errorCodes
        .map((code) => ({ code, count: count(fieldOf.failed(code)) }))
        .filter((each) => each.count > 0)
        .sort((a, b) => b.count - a.count),
      createToEvent: timesOf([
        ...timeBoundsMs.map((upToMs) => ({ upToMs, count: count(fieldOf.time(upToMs)) })),
        { count: count(fieldOf.time("inf")) },
      ]),
      birdAnswers: birdCountsSchema.parse(
        Object.fromEntries(birdAnswers.map((answer) => [answer, count(fieldOf.bird(answer))])),
      ),
    };
  };

/** Another version may have written something else. */
const countSchema = z.coerce.number().int().min(0).catch(0);
const birdCountsSchema = z.record(z.enum(birdAnswers), z.number());

const readShard = async (
  client: RedisClient,
  shard: Keys,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
) => {
  const sets = { completed: shard.installsIn("completed"), failed: shard.installsIn("failed") };
  // Ids are ULIDs, which begin with when they were made.
  const range = { from: encodeTime(fromMs), to: encodeTime(toMs) };
  const [[completed, failed], created] = await Promise.all([
    countEnded(client, { ...sets, fromMs, toMs }),
    countIdsWithin(client, { set: shard.installs, ...range }),
  ]);
  return { completed, failed, created };
};

interface TimeBucket {
  readonly upToMs?: number;
  readonly count: number;
}

const timesOf = (buckets: readonly TimeBucket[]): StatsHour["createToEvent"] => {
  const all = buckets.reduce((total, { count }) => total + count, 0);
  if (all === 0) return { count: 0, buckets: [] };
  return {
    count: all,
    p50Ms: quantileOf(buckets, all * 0.5),
    p95Ms: quantileOf(buckets, all * 0.95),
    buckets: buckets.filter(({ count }) => count > 0),
  };
};

/** The time that `rank` of all are no longer than, as if a bucket's were spread evenly; the last bound for those beyond it. */
const quantileOf = (buckets: readonly TimeBucket[], rank: number): number => {
  let [before, fromMs] = [0, 0];
  for (const { upToMs, count } of buckets) {
    if (upToMs === undefined) return fromMs;
    if (before + count >= rank) return Math.round(fromMs + ((upToMs - fromMs) * (rank - before)) / count);
    before += count;
    fromMs = upToMs;
  }
  return fromMs;
};
