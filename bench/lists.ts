/**
 * How long a page of the list of installs takes, for every kind of filter, among many installs in all states;
 * and whether any command kept Redis busy for more than ten milliseconds meanwhile.
 *
 *   npm run bench:lists [installs] [pages a filter]
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { Install } from "../src/install/install.ts";
import { readSearchText } from "../src/install/values/search-text.ts";
import { createProducer } from "../src/producer/producer.ts";
import { pageOfRows } from "../src/producer/results/row-page.ts";
import { createBatches } from "../src/queue/batches/batches.ts";
import { createInstalls, type Installs } from "../src/queue/installs/installs.ts";
import type { ListOptions } from "../src/queue/installs/list-installs.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { print, quantile, spawnRole, stopAll, withRedis } from "./processes.ts";

const count = Number(process.argv[2] ?? 100_000);
const pagesMax = Number(process.argv[3] ?? 40);
const limit = 50;
const prefix = "{bench-lists}";
const sealingKeys = generateSealingKey();

const workspaceOf = (n: number): string =>
  // Every second install is in one large workspace, the others are spread over many small ones.
  `0b6f2f0c-7d1a-4f0e-9c55-${String(n % 2 === 0 ? 0 : n % 2000).padStart(12, "0")}`;

const request = (n: number) => ({
  workspaceId: workspaceOf(n),
  name: `Acme support ${n}`,
  wabaId: "102290129340398",
  phoneId: String(106540000000000 + n),
  phoneNumber: `+1415${String(2000000 + n)}`,
  accessToken: `EAAG${"x".repeat(200)}`,
});

const requests = function* (from: number, to: number) {
  for (let n = from; n < to; n += 1) yield request(n);
};

/** Installs that go all ways: completed, refused by Bird, waiting for a channel that does not come. */
const faults = [
  { probability: 0.02, fault: { kind: "status", status: 422 } },
  { probability: 0.1, fault: { kind: "channel_never" } },
];

const fill = async (redisUrl: string, client: RedisClient): Promise<void> => {
  const children: ChildProcess[] = [];
  const webhookUrl = await spawnRole(children, "webhook", redisUrl, prefix);
  const sandboxUrl = await spawnRole(children, "sandbox", redisUrl, prefix, "", webhookUrl);
  const answer = await fetch(`${sandboxUrl}/sandbox/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(faults),
  });
  if (!answer.ok) throw new Error(`the sandbox refuses the faults: ${await answer.text()}`);
  const producer = await createProducer({ redisUrl, sealingKeys, prefix });
  const enqueue = async (from: number, to: number): Promise<void> => {
    for await (const row of producer.enqueueMany(requests(from, to), {
      batchName: `rows ${from} to ${to}`,
    })) {
      if ("errors" in row) throw new Error(JSON.stringify(row.errors));
    }
  };
  const done = Math.floor(count * 0.9);
  await spawnRole(children, "worker", redisUrl, prefix, sandboxUrl, sealingKeys);
  await enqueue(0, done);
  // Whatever is not delayed has ended: the rest waits for a channel.
  while ((await client.zcard(`${prefix}:installs:prioritized`)) > 0) await pause(50);
  await pause(1000);
  await stopAll(children);
  await enqueue(done, count);
  await producer.close();
};

type Filter = Omit<ListOptions, "limit" | "cursor">;

/** A filter and how it is shown. */
type Named = readonly [name: string, filter: Filter];

const searched = (text: string, more: Filter = {}): Named => [
  `q=${text} ${nameOf(more)}`,
  { ...more, search: readSearchText(text) },
];

const nameOf = (filter: Filter): string =>
  Object.entries(filter)
    .map(([key, value]) => `${key}=${String(value).slice(0, 20)}`)
    .join(" ");

const measure = async (installs: Installs, filter: Filter): Promise<readonly number[]> => {
  const times: number[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const startMs = performance.now();
    const found = await installs.list({ ...filter, limit, cursor });
    times.push(performance.now() - startMs);
    cursor = found.nextCursor ?? undefined;
    if (cursor === undefined) break;
  }
  return times.sort((a, b) => a - b);
};

/** Every filter alone, and the combinations that are asked for in practice. */
const filtersOf = (completed: Install, failed: Install): readonly Filter[] => {
  const { workspaceId: small } = completed;
  const large = workspaceOf(0);
  const batchId = completed.batchId;
  return [
    {},
    { status: "completed" },
    { status: "failed" },
    { status: "cancelled" },
    { status: "awaiting_channel" },
    { status: "queued" },
    { status: "submitting" },
    { status: "held" },
    { workspaceId: small },
    { workspaceId: large },
    { workspaceId: large, status: "failed" },
    { workspaceId: large, status: "awaiting_channel" },
    { workspaceId: large, status: "held" },
    { batchId },
    { batchId, status: "failed" },
    { batchId, workspaceId: large, errorCode: "rejected_by_bird" },
    { errorCode: "rejected_by_bird" },
    { errorCode: "internal" },
    { phoneNumber: failed.phoneNumber },
    { phoneNumber: failed.phoneNumber, status: "completed" },
    { connectorId: completed.connectorId },
    { channelId: completed.channelId },
    { sinceMs: Date.parse(completed.createdAt), untilMs: Date.parse(completed.createdAt) + 1000 },
    { untilMs: 0 },
    { isStuck: true },
    { order: "updated" },
    { order: "updated", status: ["failed", "cancelled"] },
    { order: "updated", workspaceId: small },
    { order: "updated", batchId, status: "failed" },
  ];
};

/** Searches: what is looked up, what is found at once, and what no install has, so that each page walks to its bound. */
const searchesOf = ({ id, phoneNumber, connectorId = "", phoneId }: Install): readonly Named[] => [
  searched(id),
  searched(phoneNumber),
  searched(connectorId),
  searched("acme"),
  searched(phoneId),
  searched("none of them"),
  searched("none of them", { status: "failed" }),
  searched("none of them", { order: "updated" }),
];

/** Pages of the rows of one batch. */
const measureRows = async (
  deps: Parameters<typeof pageOfRows>[0],
  batchId: string,
  filter: Parameters<typeof pageOfRows>[2],
): Promise<readonly number[]> => {
  const times: number[] = [];
  let cursor: number | undefined;
  do {
    const startMs = performance.now();
    const page = await pageOfRows(deps, batchId, { ...filter, cursor });
    times.push(performance.now() - startMs);
    cursor = page.nextCursor;
  } while (cursor !== undefined && times.length < pagesMax);
  return times.sort((a, b) => a - b);
};

await withRedis(async (redis, client) => {
  print(`${count} installs, pages of ${limit}, up to ${pagesMax} pages a filter`);
  const startMs = performance.now();
  await fill(redis.url, client);
  print(`filled in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  const installs = createInstalls({ client, keys: createKeys(prefix), retentionMs: 30 * 86_400_000 });
  const [completed] = (await installs.list({ status: "completed", limit: 1 })).items;
  const [failed] = (await installs.list({ status: "failed", limit: 1 })).items;
  if (completed === undefined || failed === undefined)
    throw new Error("some must have completed, some failed");
  await client.config("SET", "slowlog-log-slower-than", "10000");
  await client.call("SLOWLOG", "RESET");
  const all: number[] = [];
  const report = (name: string, times: readonly number[]): void => {
    all.push(...times);
    const [p50, p95] = [0.5, 0.95].map((share) => quantile(times, share).toFixed(1));
    print(`p50 ${p50?.padStart(6)} ms  p95 ${p95?.padStart(6)} ms  ${times.length} pages  ${name || "all"}`);
  };
  const filters = filtersOf(completed, failed).map((filter): Named => [nameOf(filter), filter]);
  for (const [name, filter] of [...filters, ...searchesOf(failed)])
    report(name, await measure(installs, filter));
  const batches = createBatches({ client, keys: createKeys(prefix), retentionMs: 30 * 86_400_000 });
  const rows = { batches, installs };
  const { batchId = "" } = failed;
  for (const [name, filter] of [
    ["all", {}],
    ["failed", { status: ["failed"] }],
    ["code", { errorCode: "rejected_by_bird" }],
    ["q=number", { search: readSearchText(failed.phoneNumber) }],
    ["q=none of them", { search: readSearchText("none of them") }],
  ] as const)
    report(`rows of a batch: ${name}`, await measureRows(rows, batchId, { ...filter, limit }));
  all.sort((a, b) => a - b);
  print(
    `all ${all.length} pages: p50 ${quantile(all, 0.5).toFixed(1)} ms, p95 ${quantile(all, 0.95).toFixed(1)} ms, p99 ${quantile(all, 0.99).toFixed(1)} ms`,
  );
  print(`Redis commands over 10 ms: ${String(await client.call("SLOWLOG", "LEN"))}`);
});
