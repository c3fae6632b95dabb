import { hostname } from "node:os";
import { z } from "zod";
import { isCluster, type RedisClient } from "../../redis/client.ts";
import { scoredMembers } from "../../redis/paging.ts";
import { defineScript } from "../../redis/script.ts";
import { createKeys, type Keys } from "./keys.ts";
import { readShardNumber } from "./shard-number.ts";

const everyMs = 10_000;
/** A process without a record for this long counts as ended, ms. */
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
 * Records regularly, while the process runs, how many shards it uses. Only `perch shards` shows it, so nothing waits for
 * the writes.
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
  let isRecording = false;
  const record = async (): Promise<void> => {
    // A connection that waits for Redis would collect them.
    if (isRecording) return;
    isRecording = true;
    await recordUser(client, { shardUsers, user: who, keptMs }).catch(() => undefined);
    isRecording = false;
  };
  record();
  const timer = setInterval(record, everyMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      if (client.status === "ready") await client.zrem(shardUsers, who).catch(() => undefined);
    },
  };
};

/** Returns the processes with a recent record, and when each made it, ms by Redis's clock. */
export const findProcesses = async ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): Promise<readonly (ShardUser & { readonly seenMs: number })[]> => {
  const { shardUsers } = keys.home();
  const [[seconds], spoken] = await Promise.all([
    client.time(),
    client.zrangebyscore(shardUsers, "-inf", "+inf", "WITHSCORES"),
  ]);
  return scoredMembers(spoken)
    .filter(({ score: atMs }) => atMs > Number(seconds) * 1000 - keptMs)
    .flatMap(({ member, score: seenMs }) => readUser(member).map((user) => ({ ...user, seenMs })))
    .toSorted(
      (a, b) => a.role.localeCompare(b.role) || a.host.localeCompare(b.host) || a.processId - b.processId,
    );
};

/** Returns the processes with a recent record. */
export const findShardUsers = async (
  deps: Parameters<typeof findProcesses>[0],
): Promise<readonly ShardUser[]> => (await findProcesses(deps)).map(({ seenMs: _, ...user }) => user);

/** One of another version may say something else. */
const readUser = (text: string): readonly ShardUser[] => {
  const read = shardUserSchema.safeParse(JSON.parse(text));
  return read.success ? [read.data] : [];
};

/** How installs are spread, and who spreads them. */
export interface ShardOverview {
  /** What Redis says. */
  readonly shards: number;
  /** What `SHARDS` says here. */
  readonly here: number;
  /** Installs in each shard, also those that have ended and are kept. */
  readonly installs: readonly number[];
  readonly users: readonly ShardUser[];
  /** Whether Redis is a cluster, which alone has several masters to spread shards over. */
  readonly isCluster: boolean;
}

/** Reads how installs are spread. Writes nothing. */
export const readShardOverview = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): Promise<ShardOverview> => {
  const { client, keys } = deps;
  const shards = await readShardNumber(deps);
  const [installs, users] = await Promise.all([
    Promise.all(createKeys(keys.home().prefix, shards).shards.map((shard) => countInstalls(client, shard))),
    findShardUsers(deps),
  ]);
  return { shards, here: keys.shards.length, installs, users, isCluster: isCluster(client) };
};

const countInstalls = async (client: RedisClient, shard: Keys): Promise<number> => {
  const counts = await Promise.all([
    ...(["wait", "active"] as const).map((state) => client.llen(shard.installsIn(state))),
    ...(["prioritized", "delayed", "completed", "failed"] as const).map((state) =>
      client.zcard(shard.installsIn(state)),
    ),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
};
