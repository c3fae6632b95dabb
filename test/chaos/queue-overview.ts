import { choresQueueName, installsQueueName, type Keys } from "../../src/queue/keyspace/keys.ts";
import type { RedisClient } from "../../src/redis/client.ts";

const shownMax = 5;

/** What Redis has waiting, delayed and running, a line each: the first thing to look at when a run does not end. */
export const queueOverview = async (client: RedisClient, keys: Keys): Promise<readonly string[]> => {
  const [seconds, micros] = await client.time();
  const nowMs = Number(seconds) * 1000 + Number(micros) / 1000;
  const { prefix } = keys.home();

  const queue = async (name: string): Promise<readonly string[]> => {
    const key = (part: string): string => `${prefix}:${name}:${part}`;
    const [wait, active, delayed, prioritized, failed] = await Promise.all([
      client.lrange(key("wait"), 0, -1),
      client.lrange(key("active"), 0, -1),
      client.zrange(key("delayed"), "0", "-1", "WITHSCORES"),
      client.zcard(key("prioritized")),
      client.zcard(key("failed")),
    ]);
    const running = active.slice(0, shownMax).map(async (id) => {
      const started = await client.hget(key(id), "ats");
      return `  runs: ${id}, run ${started}, lock for ${await client.pttl(key(`${id}:lock`))} ms`;
    });
    const parked = delayed.slice(0, 2 * shownMax).flatMap((id, at) => {
      // BullMQ's score: the time, and 12 bits of order.
      const inMs = Math.round(Number(delayed[at + 1]) / 4096 - nowMs);
      return at % 2 === 0 ? [`  parked: ${id}, in ${inMs} ms`] : [];
    });
    const counts = `${wait.length} wait, ${prioritized} in order of priority, ${active.length} run, ${delayed.length / 2} parked, ${failed} failed`;
    return [`${name}: ${counts}`, ...(await Promise.all(running)), ...parked];
  };

  const plan = await client.zscore(`${prefix}:${choresQueueName}:repeat`, "sweep");
  const sweep = plan === null ? "not planned" : `in ${Math.round(Number(plan) - nowMs)} ms`;
  const events = await client.zcard(keys.home().arrived);
  return [
    ...(await queue(installsQueueName)),
    ...(await queue(choresQueueName)),
    `next sweep: ${sweep}; events stored and not consumed: ${events}`,
  ];
};
