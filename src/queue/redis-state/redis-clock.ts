import { z } from "zod";
import { repeatEvery } from "../../redis/bounded.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";

/**
 * Answers what time it is at Redis, Unix ms, and by how many ms the fastest clock of all workers is ahead of it. Records
 * that this worker's is ahead by `aheadMs`, unless that is empty. A worker that has recorded nothing for twenty seconds
 * is gone.
 */
const compareClocks = defineScript({
  name: "perchClock",
  keys: ["clocks"],
  args: ["id", "aheadMs"],
  answer: z.tuple([z.string(), z.string()]),
  lua: `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now = string.format('%.0f', nowMs)
if aheadMs ~= '' then
  redis.call('HSET', clocks, id, aheadMs .. ' ' .. now)
  redis.call('PEXPIRE', clocks, 60000)
end
local mostMs
local known = redis.call('HGETALL', clocks)
for n = 1, #known, 2 do
  local itsMs, atMs = string.match(known[n + 1], '^(%S+) (%d+)$')
  if tonumber(atMs) < nowMs - 20000 then redis.call('HDEL', clocks, known[n])
  else mostMs = math.max(mostMs or tonumber(itsMs), tonumber(itsMs)) end
end
return {now, string.format('%.0f', mostMs or 0)}`,
});

/**
 * The time by Redis's clock, which is the only one that all processes share: machines' clocks may be apart by any
 * amount. Asked every few seconds and carried on by this machine's monotonic clock in between, so that setting the
 * machine's clock changes nothing.
 */
export interface RedisClock {
  readonly now: () => number;
  /**
   * The same moment by the clock of the fastest worker. BullMQ moves parked jobs on by the clock of whichever worker asks,
   * so what is parked by this comes to a run when it is due, and not again and again before.
   */
  readonly fastest: () => number;
  /** This machine's clock counts no more. */
  close(): Promise<void>;
}

const askEveryMs = 5000;
/** An answer that took longer says too little about when it was given, unless there is no younger one than a minute. */
const roundTripMaxMs = 250;
const olderMaxMs = 60_000;
/** Clocks so close together count as one. */
const sameMs = 50;

interface Sample {
  readonly redisMs: number;
  /** By the monotonic clock. */
  readonly atMs: number;
}

/**
 * @param deps.id Names this process among the workers; its clock is known to the others while it asks.
 */
export const startRedisClock = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly id: string;
}): Promise<RedisClock> => {
  const { client, id } = deps;
  const home = deps.keys.home();

  const ask = async (aheadMs: number | ""): Promise<Sample & { readonly mostMs: number; tookMs: number }> => {
    const sentMs = performance.now();
    const [redisMs, mostMs] = await compareClocks(client, { clocks: home.clocks, id, aheadMs });
    const tookMs = performance.now() - sentMs;
    return { redisMs: Number(redisMs), atMs: sentMs + tookMs / 2, mostMs: Number(mostMs), tookMs };
  };

  let sample: Sample = await ask("");
  let mostMs = 0;
  const now = (): number => Math.round(sample.redisMs + performance.now() - sample.atMs);
  const aheadMs = (): number => {
    // By the clock BullMQ reads.
    const ms = Date.now() - now();
    return Math.abs(ms) <= sameMs ? 0 : ms;
  };

  const askAgain = async (): Promise<void> => {
    const answer = await ask(aheadMs());
    mostMs = answer.mostMs;
    if (answer.tookMs <= roundTripMaxMs || performance.now() - sample.atMs > olderMaxMs) sample = answer;
  };

  await askAgain();
  const stopAsking = repeatEvery(askEveryMs, askAgain);
  return {
    now,
    fastest: () => now() + Math.max(mostMs, aheadMs()),
    close: async () => {
      stopAsking();
      await client.hdel(home.clocks, id);
    },
  };
};

/** What time it is on the server that holds a shard, Unix ms. */
export const readRedisTime = async (client: RedisClient, shard: Keys): Promise<number> => {
  const [redisMs] = await compareClocks(client, { clocks: shard.clocks, id: "", aheadMs: "" });
  return Number(redisMs);
};
