/**
 * What grows with the number of installs that wait: enqueues, the fleet's figures, pages of the list, the counts of a batch,
 * each recurring chore, bytes. Then what 100 open batches cost a worker and Redis while nothing happens.
 *
 *   npm run bench:growth -- [sizes, ascending, with commas] [rows of each batch at rest]
 */
import { type ChildProcess, fork } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { z } from "zod";
import { createProducer, type Producer } from "../src/producer/producer.ts";
import { createInstallsQueues } from "../src/queue/installs/queue.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { createReadFleet } from "../src/queue/maintenance/fleet-state.ts";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { openChores } from "./chores.ts";
import {
  median,
  print,
  processorMicros,
  redisMicros,
  spawnRole,
  stopAll,
  usedBytes,
  withRedis,
} from "./processes.ts";
import { request, requests } from "./requests.ts";

const prefix = "{bench-growth}";
const retentionMs = 30 * 86_400_000;
/** Of each size, the installs enqueued last: alone and timed. */
const timedMax = 10_000;
const times = 20;
const openBatches = 100;
const restMs = 30_000;
const slowScriptMicros = 1000;

/** Names of scripts by their digest, as the slow log has them. */
const scriptNames = new Map<string, string>();
const { defineCommand } = Redis.prototype;
Redis.prototype.defineCommand = function (name, definition): void {
  scriptNames.set(hash("sha1", definition.lua), name);
  defineCommand.call(this, name, definition);
};

/** Enqueues installs `from` to `to` as a batch. @returns its id. */
const importRange = async (producer: Producer, from: number, to: number): Promise<string> => {
  const rows = (function* () {
    let row = 0;
    for (const input of requests(to, from)) yield { row: ++row, input };
  })();
  const opened = await producer.importRows(rows, { name: `installs ${from} to ${to}` });
  for await (const row of opened.rows) if ("errors" in row) throw new Error(JSON.stringify(row.errors));
  return opened.batchId;
};

const open = (redisUrl: string, sealingKeys: string): Promise<Producer> =>
  createProducer({ redisUrl, sealingKeys, prefix });

/** Two processes, because one takes five minutes for a million. */
const fill = async (redisUrl: string, sealingKeys: string, from: number, to: number): Promise<void> => {
  const middle = Math.floor((from + to) / 2);
  const ranges = [
    [from, middle],
    [middle, to],
  ];
  await Promise.all(
    ranges.map(async ([first, end]) => {
      const child = fork(import.meta.filename, ["fill", redisUrl, sealingKeys, `${first}`, `${end}`]);
      const [code] = await once(child, "exit");
      if (code !== 0) throw new Error(`a process that enqueues ended with ${code}`);
    }),
  );
};

const redisMicrosOf = async (client: RedisClient): Promise<number> => (await redisMicros(client)).all;

type Figures = Map<string, number>;

/** Median time of one call, and Redis's processor time of it, both ms. */
const measure = async (client: RedisClient, run: () => Promise<unknown>) => {
  const wallMs: number[] = [];
  const startMicros = await redisMicrosOf(client);
  for (let n = 0; n < times; n += 1) {
    const startMs = performance.now();
    await run();
    wallMs.push(performance.now() - startMs);
  }
  return { wallMs: median(wallMs), redisMs: ((await redisMicrosOf(client)) - startMicros) / times / 1000 };
};

const addTimed = async (client: RedisClient, producer: Producer, from: number, to: number) => {
  const [startMs, startMicros, start] = [performance.now(), await redisMicrosOf(client), process.cpuUsage()];
  const batchId = await importRange(producer, from, to);
  const { user, system } = process.cpuUsage(start);
  const count = to - from;
  const figures: Figures = new Map([
    ["added a second", count / ((performance.now() - startMs) / 1000)],
    ["producer, µs an install", (user + system) / count],
    ["Redis, µs an install", ((await redisMicrosOf(client)) - startMicros) / count],
  ]);
  return { batchId, figures };
};

/**
 * Scripts that kept Redis busy for over a millisecond, and how long. The log is by the clock: where other processes want the
 * processor, read the median.
 */
const slowScripts = async (client: RedisClient): Promise<readonly string[]> => {
  const entries = z.array(slowSchema).parse(await client.call("SLOWLOG", "GET", String(slowMax)));
  await client.call("SLOWLOG", "RESET");
  const scripts = entries.filter(({ command }) => /^eval/i.test(command));
  return [...Map.groupBy(scripts, ({ script }) => scriptNames.get(script) ?? script.slice(0, 40))].map(
    ([name, runs]) => {
      const took = runs.map(({ ms }) => ms).sort((a, b) => a - b);
      return `${name}: ${took.length} over 1 ms, median ${median(took).toFixed(1)} ms, longest ${took.at(-1)?.toFixed(1)} ms`;
    },
  );
};

const slowMax = 2000;
const slowSchema = z
  .tuple([z.number(), z.number(), z.number(), z.array(z.string()).min(2)], z.unknown())
  .transform(([, , micros, [command = "", script = ""]]) => ({ ms: micros / 1000, command, script }));

const bytesBefore = { used: 0 };

const measureSize = async (client: RedisClient, producer: Producer, batchId: string): Promise<Figures> => {
  const keys = createKeys(prefix);
  const readFleet = createReadFleet({ client, keys });
  const list = (filter: object) => () => producer.installs.list({ limit: 50, ...filter });
  const chores = await openChores({ client, keys, producer, retentionMs });
  const reads: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["fleet's figures for metrics, ms", readFleet],
    ["newest 50, ms", list({})],
    ["50 of a workspace, ms", list({ workspaceId: request(7).workspaceId })],
    ["50 queued, ms", list({ status: "queued" })],
    ["counts of a batch, ms", () => producer.batches.find(batchId)],
  ];
  const figures: Figures = new Map();
  for (const [name, read] of reads) figures.set(name, (await measure(client, read)).wallMs);
  for (const [name, run] of Object.entries(chores.all)) {
    const { wallMs, redisMs } = await measure(client, run);
    figures.set(`chore ${name}, ms`, wallMs);
    figures.set(`chore ${name}, Redis ms`, redisMs);
  }
  await chores.close();
  return figures;
};

const printTable = (sizes: readonly number[], columns: readonly Figures[]): void => {
  const heads = sizes.map((size) => size.toLocaleString("en"));
  const hasRatio = sizes.length > 1;
  if (hasRatio) heads.push("ratio of the last two");
  print(`| | ${heads.join(" | ")} |`);
  print(`| --- |${" --- |".repeat(heads.length)}`);
  for (const name of columns[0]?.keys() ?? []) {
    const values = columns.map((column) => column.get(name) ?? Number.NaN);
    const [before = Number.NaN, last = Number.NaN] = values.slice(-2);
    const shown = values.map((value) => (value < 100 ? value.toFixed(2) : value.toFixed(0)));
    if (hasRatio) shown.push((last / before).toFixed(2));
    print(`| ${name} | ${shown.join(" | ")} |`);
  }
};

const growth = (sizes: readonly number[]): Promise<void> =>
  withRedis(async ({ url }, client) => {
    // So that the disk is no part of the figures.
    await client.config("SET", "appendfsync", "no");
    await client.config("SET", "slowlog-log-slower-than", String(slowScriptMicros));
    await client.config("SET", "slowlog-max-len", String(slowMax));
    const sealingKeys = generateSealingKey();
    const producer = await open(url, sealingKeys);
    bytesBefore.used = await usedBytes(client);
    const columns: Figures[] = [];
    let installs = 0;
    for (const size of sizes) {
      const timedFrom = size - Math.min(timedMax, size / 2);
      await fill(url, sealingKeys, installs, timedFrom);
      const { batchId, figures } = await addTimed(client, producer, timedFrom, size);
      installs = size;
      figures.set("bytes an install", ((await usedBytes(client)) - bytesBefore.used) / installs);
      const measured = await measureSize(client, producer, batchId);
      columns.push(new Map([...figures, ...measured]));
      for (const line of await slowScripts(client)) print(`${size}: ${line}`);
    }
    printTable(sizes, columns);
    await producer.close();
  });

/** Processor time of a worker and of Redis in half a minute, as a share of a core, %. */
const restFor = async (client: RedisClient, children: readonly ChildProcess[]) => {
  const before = await processorMicros(children, client);
  await pause(restMs);
  const after = await processorMicros(children, client);
  const share = (role: string) =>
    (((after.get(role) ?? 0) - (before.get(role) ?? 0)) / (restMs * 1000)) * 100;
  return { worker: share("worker"), redis: share("redis") };
};

const rest = (rows: number): Promise<void> =>
  withRedis(async ({ url }, client) => {
    await client.config("SET", "appendfsync", "no");
    const sealingKeys = generateSealingKey();
    const keys = createKeys(prefix);
    const queues = createInstallsQueues({ client, keys });
    // Else a worker would take each install once, to park it.
    await Promise.all(queues.all.map((queue) => queue.pause()));
    const producer = await open(url, sealingKeys);
    const children: ChildProcess[] = [];
    await spawnRole(children, "worker", url, prefix, "http://127.0.0.1:9", sealingKeys);
    print("| open batches at rest | worker, % of a core | Redis, % of a core |");
    print("| --- | --- | --- |");
    for (const count of [0, openBatches]) {
      for (let n = 0; n < count; n += 1) await importRange(producer, n * rows, (n + 1) * rows);
      // The first sweep after that renews all of them.
      await pause(count === 0 ? 1000 : 15_000);
      const { worker, redis } = await restFor(client, children);
      print(`| ${count} of ${rows} rows | ${worker.toFixed(2)} | ${redis.toFixed(2)} |`);
    }
    await stopAll(children);
    await producer.close();
    await queues.close();
  });

const [first = "10000,100000", second = "1000", ...others] = process.argv.slice(2);
if (first === "fill") {
  const [sealingKeys = "", from, to] = others;
  const producer = await open(second, sealingKeys);
  await importRange(producer, Number(from), Number(to));
  await producer.close();
} else {
  if (first !== "") await growth(first.split(",").map(Number));
  if (Number(second) > 0) await rest(Number(second));
}
