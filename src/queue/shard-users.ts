import { hostname } from "node:os";
import { z } from "zod";
import type { RedisClient } from "../redis/redis-client.ts";
import { defineScript } from "../redis/script.ts";
import type { Keys } from "./keys.ts";
import { scoredMembers } from "./scored-members.ts";

const everyMs = 10_000;
/** A process that has not spoken for so long is taken for gone. */
const keptMs = 60_000;

/** A process that takes requests, events or installs. */
const shardUserSchema = z.object({
  role: z.string(),
  host: z.string(),
  processId: z.number(),
  /** How many shards it knows of. */
  shards: z.number(),
});

export type ShardUser = z.infer<typeof shardUserSchema>;

/** Records that a process runs and with how many shards, and removes what others recorded longer than `keptMs` ago. */
export const recordUser = defineScript({
  name: "perchUseShards",
  keys: ["shardUsers"],
  args: ["user", "keptMs"],
  answer: z.null(),
  lua: `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', shardUsers, nowMs, user)
redis.call('ZREMRANGEBYSCORE', shardUsers, '-inf', nowMs - tonumber(keptMs))
redis.call('PEXPIRE', shardUsers, keptMs)`,
});

/**
 * Says, as long as the process runs, with how many shards it does: only for people who ask `perch shards`, so nobody waits
 * for it.
 */
export const useShards = ({
  client,
  keys,
  role,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly role: string;
}): { stop(): Promise<void> } => {
  const { shardUsers } = keys.home();
  const user: ShardUser = { role, host: hostname(), processId: process.pid, shards: keys.shards.length };
  const who = JSON.stringify(user);
  let isTelling = false;
  const tell = async (): Promise<void> => {
    // A connection that waits for Redis would collect them.
    if (isTelling) return;
    isTelling = true;
    await recordUser(client, { shardUsers, user: who, keptMs }).catch(() => undefined);
    isTelling = false;
  };
  tell();
  const timer = setInterval(tell, everyMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      if (client.status === "ready") await client.zrem(shardUsers, who).catch(() => undefined);
    },
  };
};

/** The processes that have spoken lately. */
export const findShardUsers = async ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): Promise<readonly ShardUser[]> => {
  const { shardUsers } = keys.home();
  const [[seconds], spoken] = await Promise.all([
    client.time(),
    client.zrangebyscore(shardUsers, "-inf", "+inf", "WITHSCORES"),
  ]);
  return scoredMembers(spoken)
    .filter(({ score: atMs }) => atMs > Number(seconds) * 1000 - keptMs)
    .flatMap(({ member }) => readUser(member))
    .toSorted(
      (a, b) => a.role.localeCompare(b.role) || a.host.localeCompare(b.host) || a.processId - b.processId,
    );
};

/** One of another version may say something else. */
const readUser = (text: string): readonly ShardUser[] => {
  const read = shardUserSchema.safeParse(JSON.parse(text));
  return read.success ? [read.data] : [];
};
