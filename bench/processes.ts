import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { startEmbeddedRedis } from "../src/embedded-redis/embedded-redis.ts";
import { connectRedis } from "../src/queue/connection.ts";
import type { RedisClient } from "../src/queue/redis-client.ts";

const processFile = new URL("./pipeline-process.ts", import.meta.url);

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs a benchmark against a Redis of its own, which is gone afterwards. */
export const withRedis = async (
  run: (redis: { readonly url: string }, client: RedisClient) => Promise<void>,
): Promise<void> => {
  await using opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "perch-bench-"));
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { REDIS_SERVER_BIN: serverBin, PATH: path } = process.env;
  const redis = await startEmbeddedRedis({ dataDir, serverBin, path });
  opened.defer(redis.stop);
  const client = await connectRedis(redis.url, { whenAway: "wait", name: "bench" });
  opened.defer(async () => {
    await client.quit();
  });
  await run(redis, client);
};

const readySchema = z.object({ url: z.string().optional() });

/** Starts one process of the benchmark and waits until it is ready. */
export const spawnRole = async (opened: ChildProcess[], role: string, ...args: string[]): Promise<string> => {
  const child = fork(processFile, [role, ...args], { stdio: "inherit" });
  opened.push(child);
  const [message] = await once(child, "message");
  return readySchema.parse(message).url ?? "";
};

export const stopAll = async (opened: readonly ChildProcess[]): Promise<void> => {
  await Promise.all(
    opened.map(async (child) => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }),
  );
};

export const untilCount = async (client: RedisClient, key: string, count: number): Promise<void> => {
  while ((await client.zcard(key)) < count) await pause(5);
};

export const usedBytes = async (client: RedisClient): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]);
