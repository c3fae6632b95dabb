import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "ioredis";
import { z } from "zod";

const processFile = new URL("./pipeline-process.ts", import.meta.url);

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

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

export const untilCount = async (client: Redis, key: string, count: number): Promise<void> => {
  while ((await client.zcard(key)) < count) await pause(5);
};
