/**
 * How long the data of each console screen takes among many installs, most of them rows of one batch; what open pages of a
 * batch cost Redis; and how soon a browser paints the first screen, where Chromium is installed.
 *
 *   npm run bench:console -- [rows] [requests each]
 */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { generateApiKey } from "../src/api/auth/api-keys.ts";
import { createProducer } from "../src/producer/producer.ts";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { print, quantile, redisMicros, spawnRole, stopAll, withRedis } from "./processes.ts";
import { request, requests } from "./requests.ts";

const rowCount = Number(process.argv[2] ?? 100_000);
const times = Number(process.argv[3] ?? 60);
const prefix = "{bench-console}";
const aimMs = 200;
const paintAimMs = 1000;
const streamCounts = [0, 1, 50, 200];
/** A key may have 50 streams open. */
const streamsOfKey = 50;
const watchMs = 10_000;
const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** That of the API and the worker in `pipeline-process.ts`: look-ups go by it. */
const retentionMs = 3_600_000;
const sealingKeys = generateSealingKey();
const apiKeys = Array.from({ length: Math.max(...streamCounts) / streamsOfKey }, (_, n) =>
  generateApiKey(`bench-${n}`, ["admin"]),
);
const keyOf = (n: number): string => apiKeys[Math.floor(n / streamsOfKey)]?.key ?? "";

/** Some installs complete, some are refused, some wait for a channel that never comes, a fifth is not begun. */
const faults = JSON.stringify([
  { probability: 0.02, times: "always", fault: { kind: "status", status: 422 } },
  { probability: 0.1, times: "always", fault: { kind: "channel_never" } },
]);

const fill = async (redisUrl: string, client: RedisClient): Promise<string> => {
  const children: ChildProcess[] = [];
  const webhookUrl = await spawnRole(children, "webhook", redisUrl, prefix);
  const sandboxUrl = await spawnRole(children, "sandbox", redisUrl, prefix, "", webhookUrl, faults);
  await spawnRole(children, "worker", redisUrl, prefix, sandboxUrl, sealingKeys);
  const producer = await createProducer({ redisUrl, sealingKeys, prefix, retentionMs });
  const rows = (function* () {
    let row = 0;
    for (const input of requests(rowCount)) yield { row: ++row, input };
  })();
  const { batchId, rows: imported } = await producer.importRows(rows, { name: "numbers.csv" });
  for await (const row of imported) if ("errors" in row) throw new Error(JSON.stringify(row.errors));
  while ((await client.zcard(`${prefix}:installs:prioritized`)) > rowCount / 5) await pause(200);
  await stopAll(children);
  await producer.close();
  return batchId;
};

const get = (url: string, key = keyOf(0)): Promise<Response> =>
  fetch(url, { headers: { authorization: `Bearer ${key}` } });

const timeOf = async (url: string): Promise<number> => {
  const startMs = performance.now();
  const response = await get(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
  return performance.now() - startMs;
};

/** What each screen asks for. */
const screensOf = (batchId: string, installId: string): readonly (readonly [string, readonly string[]])[] => [
  ["Overview", ["/v1/stats?hours=24"]],
  ["Batches", ["/v1/batches?limit=50"]],
  [
    "Batch",
    [
      `/v1/batches/${batchId}`,
      `/v1/batches/${batchId}/rows?limit=50`,
      `/v1/batches/${batchId}/rows?status=failed&limit=50`,
      `/v1/batches/${batchId}/rows?q=support%20${rowCount - 7}&limit=50`,
    ],
  ],
  [
    "Installs",
    [
      "/v1/installs?limit=100",
      "/v1/installs?status=failed&limit=100",
      "/v1/installs?status=awaiting_channel&limit=100",
      `/v1/installs?q=${encodeURIComponent(request(7).phoneNumber)}`,
      `/v1/installs?q=support%20${rowCount - 7}`,
    ],
  ],
  ["Install", [`/v1/installs/${installId}`]],
  ["Workspaces", ["/v1/workspaces?limit=50"]],
  ["Events", ["/v1/events?state=unmatched"]],
  ["Notifications", ["/v1/notifications"]],
];

const pageSchema = z.object({ items: z.array(z.object({ id: z.string() })) });

const commandsOf = async (client: RedisClient): Promise<number> =>
  Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))?.[1]);

/** What Redis does in a second while so many pages of one batch are open. */
const watchBatch = async (client: RedisClient, url: string, pages: number) => {
  const stop = new AbortController();
  const streams = await Promise.all(
    Array.from({ length: pages }, (_, n) =>
      fetch(url, { headers: { authorization: `Bearer ${keyOf(n)}` }, signal: stop.signal }),
    ),
  );
  for (const { status } of streams) if (status !== 200) throw new Error(`a stream was answered ${status}`);
  const reading = streams.map(async ({ body }) => {
    for await (const _ of body ?? []);
  });
  const [commands, micros] = [await commandsOf(client), (await redisMicros(client)).all];
  await pause(watchMs);
  const figures = {
    commands: ((await commandsOf(client)) - commands) / (watchMs / 1000),
    percent: (((await redisMicros(client)).all - micros) / (watchMs * 1000)) * 100,
  };
  stop.abort();
  await Promise.allSettled(reading);
  return figures;
};

/** Times from the request of the page to its first contentful paint, ms, with an empty cache each. */
const paints = async (url: string): Promise<readonly number[]> => {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-sync",
    ],
  });
  const found: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${url}/installs`);
    const paint = `new Promise((resolve) => new PerformanceObserver((list) => {
      const [entry] = list.getEntriesByName("first-contentful-paint");
      if (entry) resolve(entry.startTime);
    }).observe({ type: "paint", buffered: true }))`;
    found.push(z.number().parse(await page.evaluate(paint)));
    await context.close();
  }
  await browser.close();
  return found.toSorted((a, b) => a - b);
};

await withRedis(async (redis, client) => {
  await client.config("SET", "appendfsync", "everysec");
  const batchId = await fill(redis.url, client);
  process.env.BENCH_API_KEYS = apiKeys.map(({ entry }) => entry).join(",");
  const children: ChildProcess[] = [];
  const api = await spawnRole(children, "api", redis.url, prefix, "http://127.0.0.1:9", sealingKeys);
  const newest = pageSchema.parse(await (await get(`${api}/v1/installs?limit=1`)).json());
  print(`${rowCount} rows in one batch; ${times} requests each, one after the other; aim: p95 ${aimMs} ms`);
  print("| screen | request | p50, ms | p95, ms | longest |");
  print("| --- | --- | --- | --- | --- |");
  for (const [screen, paths] of screensOf(batchId, newest.items[0]?.id ?? "")) {
    for (const path of paths) {
      const took: number[] = [];
      for (let n = 0; n < times; n += 1) took.push(await timeOf(`${api}${path}`));
      took.sort((a, b) => a - b);
      const [p50, p95, longest] = [quantile(took, 0.5), quantile(took, 0.95), took.at(-1) ?? 0];
      const figures = [p50, p95, longest].map((ms) => ms.toFixed(1)).join(" | ");
      print(
        `| ${screen} | \`${path.replaceAll(batchId, "ID")}\` | ${figures}${p95 > aimMs ? ", MISSED" : ""} |`,
      );
    }
  }
  print("");
  print("| open pages of the batch | Redis commands a second | Redis, % of a core |");
  print("| --- | --- | --- |");
  for (const pages of streamCounts) {
    const { commands, percent } = await watchBatch(client, `${api}/v1/batches/${batchId}/events`, pages);
    print(`| ${pages} | ${commands.toFixed(1)} | ${percent.toFixed(2)} |`);
  }
  if (existsSync(chromiumPath)) {
    const took = await paints(api);
    print("");
    print(
      `first paint: p50 ${quantile(took, 0.5).toFixed(0)} ms, longest ${took.at(-1)?.toFixed(0)} ms of ${took.length} (aim ${paintAimMs})`,
    );
  }
  await stopAll(children);
});
