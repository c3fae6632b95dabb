import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { startEmbeddedRedis } from "../src/embedded-redis/embedded-redis.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { connectRedis } from "../src/redis/connection.ts";

const processFile = new URL("./pipeline-process.ts", import.meta.url);

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
export const sum = (values: Iterable<number>): number =>
  [...values].reduce((total, value) => total + value, 0);
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

/**
 * Starts one process of the benchmark and waits until it is ready. With `BENCH_PROFILES` in the environment, each process
 * writes its CPU profile to that folder.
 */
export const spawnRole = async (opened: ChildProcess[], role: string, ...args: string[]): Promise<string> => {
  const folder = process.env.BENCH_PROFILES;
  const execArgv = folder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${folder}/${role}`];
  const child = fork(processFile, [role, ...args], { stdio: "inherit", execArgv });
  opened.push(child);
  const [message] = await once(child, "message");
  return readySchema.parse(message).url ?? "";
};

export const stopAll = async (opened: readonly ChildProcess[]): Promise<void> => {
  await Promise.all(
    opened.map(async (child) => {
      if (process.env.BENCH_PROFILES === undefined) child.kill("SIGKILL");
      else child.disconnect();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }),
  );
};

export const untilCount = async (client: RedisClient, key: string, count: number): Promise<void> => {
  while ((await client.zcard(key)) < count) await pause(5);
};

export const usedBytes = async (client: RedisClient): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]);

/** Scripts that Redis has run. */
export const scriptCalls = async (client: RedisClient): Promise<number> => {
  const info = await client.info("commandstats");
  return sum(
    [...info.matchAll(/^cmdstat_(?:eval|evalsha|fcall):calls=(\d+)/gm)].map(([, calls]) => Number(calls)),
  );
};

const usageSchema = z.object({
  role: z.string(),
  usage: z.object({ user: z.number(), system: z.number() }),
});

/** Processor time that each role's processes have taken since they started, this one as the producer, µs. */
export const processMicros = async (
  opened: readonly ChildProcess[],
): Promise<ReadonlyMap<string, number>> => {
  const answers = await Promise.all(
    opened.map(async (child) => {
      const answered = once(child, "message");
      child.send("usage");
      const [message] = await answered;
      return usageSchema.parse(message);
    }),
  );
  const byRole = Map.groupBy(
    [...answers, { role: "producer", usage: process.cpuUsage() }],
    ({ role }) => role,
  );
  return new Map([...byRole].map(([role, uses]) => [role, sum(uses.map(({ usage }) => micros(usage)))]));
};

/** Processor time that a Redis has taken since it started, µs: in all, and of the one thread that runs commands. */
export const redisMicros = async (redis: Pick<RedisClient, "info">) => {
  const info = await redis.info("cpu");
  const used = (which: string): number =>
    1e6 *
    sum(
      [...info.matchAll(new RegExp(`^used_cpu_(?:sys|user)${which}:([\\d.]+)`, "gm"))].map(([, text]) =>
        Number(text),
      ),
    );
  return { all: used(""), thread: used("_main_thread") };
};

/** Processor time that the processes and Redis have taken, µs, by role. */
export const processorMicros = async (
  opened: readonly ChildProcess[],
  client: RedisClient,
): Promise<ReadonlyMap<string, number>> =>
  new Map([...(await processMicros(opened)), ["redis", (await redisMicros(client)).all]]);

const micros = ({ user, system }: { user: number; system: number }): number => user + system;
