/**
 * One large batch from its rows to its end: 2 % bad rows, a sandbox with faults, and all the while an install of
 * another workspace every second through the API. Afterwards every row is held against what the sandbox made. Then
 * what fair order costs: the same pipeline with it and without, in turn.
 *
 *   npm run bench:batch [rows] [rows of a fairness round] [installs a worker has in hand]
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicFactory } from "ulid";
import { z } from "zod";
import type { Batch } from "../src/install/batch.ts";
import { createImportRows } from "../src/producer/import/import-rows.ts";
import { createProducer, type Producer } from "../src/producer/producer.ts";
import type { InputRow } from "../src/producer/put/enqueue-rows.ts";
import { putInstalls } from "../src/producer/put/put-installs.ts";
import { resultRows } from "../src/producer/results/rows.ts";
import { createBatches } from "../src/queue/batches/batches.ts";
import { createInstalls } from "../src/queue/installs/installs.ts";
import { createInstallsQueues } from "../src/queue/installs/queue.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { createWorkspaceIndex } from "../src/queue/keyspace/workspace-index.ts";
import { createKeptDigests } from "../src/queue/secrets/kept-digests.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import type { FaultRule } from "../src/sandbox/faults/rule.ts";
import { median, print, quantile, spawnRole, stopAll, withRedis } from "./processes.ts";

const rowCount = Number(process.argv[2] ?? 100_000);
const roundCount = Number(process.argv[3] ?? 10_000);
// Its processes read it.
if (process.argv[4] !== undefined) process.env.BENCH_CONCURRENCY = process.argv[4];
const workspaces = 20;
const probeEveryMs = 1000;
const retentionMs = 3_600_000;
const sealingKeys = generateSealingKey();

const workspaceOf = (n: number): string => `0b6f2f0c-7d1a-4f0e-9c55-${String(n).padStart(12, "0")}`;

const everywhere: readonly FaultRule[] = [
  { probability: 0.005, times: "always", fault: { kind: "status", status: 422 } },
  { probability: 0.01, times: "always", fault: { kind: "answer_lost" } },
  { probability: 0.01, times: "always", fault: { kind: "status", status: 500 } },
  { probability: 0.01, times: "always", fault: { kind: "status", status: 429 } },
  { probability: 0.05, times: "always", fault: { kind: "event_before_answer" } },
  { probability: 0.05, times: "always", fault: { kind: "event_repeated", times: 2 } },
];

/** In the workspaces of the batch, not in that of the others' installs. */
const faults = Array.from({ length: workspaces }, (_, n) =>
  everywhere.map((rule) => ({ ...rule, workspaceId: workspaceOf(n) })),
).flat();

const request = (n: number, workspace = n % workspaces) => ({
  workspaceId: workspaceOf(workspace),
  name: `Acme support ${n}`,
  wabaId: "102290129340398",
  phoneId: String(106540000000000 + n),
  phoneNumber: `+1415${String(2000000 + n)}`,
  accessToken: `EAAG${"x".repeat(200)}`,
});

const isBad = (n: number): boolean => n % 50 === 7;

const rows = function* (count: number, hasBad: boolean): Generator<InputRow> {
  for (let n = 0; n < count; n += 1) {
    const good = request(n);
    yield { row: n + 1, input: hasBad && isBad(n) ? { ...good, wabaId: "not digits" } : good };
  }
};

let round = 0;

const startPerch = async (redisUrl: string, rules: readonly FaultRule[]) => {
  const prefix = `{bench-${round++}}`;
  const children: ChildProcess[] = [];
  const webhookUrl = await spawnRole(children, "webhook", redisUrl, prefix);
  const sandboxUrl = await spawnRole(
    children,
    "sandbox",
    redisUrl,
    prefix,
    "",
    webhookUrl,
    JSON.stringify(rules),
  );
  await spawnRole(children, "worker", redisUrl, prefix, sandboxUrl, sealingKeys);
  const apiUrl = await spawnRole(children, "api", redisUrl, prefix, sandboxUrl, sealingKeys);
  return { prefix, children, sandboxUrl, apiUrl };
};

const reportSchema = z.object({
  connectors: z.array(
    z.object({
      id: z.string(),
      phoneNumber: z.string(),
      channelId: z.string().optional(),
      createdAt: z.string(),
    }),
  ),
});

const readReport = async (sandboxUrl: string) => {
  const response = await fetch(`${sandboxUrl}/sandbox/report`);
  const { connectors } = reportSchema.parse(await response.json());
  return connectors;
};

const untilFinished = async (producer: Producer, batchId: string): Promise<Batch> => {
  let printedMs = performance.now();
  for (;;) {
    const batch = await producer.batches.find(batchId);
    if (batch?.finishedAt !== undefined) return batch;
    if (performance.now() - printedMs > 20_000 && batch !== undefined) {
      printedMs = performance.now();
      print(
        `  ${batch.rows} rows, ${batch.completed} completed, ${batch.failed} failed, ${batch.queued} queued, ${batch.awaiting} awaiting`,
      );
    }
    await pause(200);
  }
};

/** Installs of a workspace that has nothing to do with the batch. @returns when each was sent, Unix ms, by number. */
const startProbes = (apiUrl: string) => {
  const sentMs = new Map<string, number>();
  const stop = new AbortController();
  const send = async (n: number): Promise<void> => {
    const body = request(n, 99);
    sentMs.set(body.phoneNumber, Date.now());
    const response = await fetch(`${apiUrl}/v1/installs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.status !== 202) throw new Error(`the API answered ${response.status}`);
    await response.body?.cancel();
  };
  const run = async (): Promise<void> => {
    for (let n = rowCount + 1; !stop.signal.aborted; n += 1) {
      await send(n);
      await pause(probeEveryMs);
    }
  };
  const running = run();
  return {
    sentMs,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
};

/** Every row against what the sandbox made. @returns what is wrong. */
const compare = async (producer: Producer, batch: Batch, sandboxUrl: string): Promise<readonly string[]> => {
  const made = Map.groupBy(await readReport(sandboxUrl), ({ phoneNumber }) => phoneNumber);
  const faulty: string[] = [];
  const counts = { completed: 0, failed: 0, rejected: 0, cancelled: 0, pending: 0 };
  let row = 0;
  for await (const result of resultRows(producer, batch.id)) {
    row += 1;
    counts[result.status] += 1;
    const n = result.row - 1;
    const connectors = made.get(request(n).phoneNumber) ?? [];
    const [connector] = connectors;
    const isRight =
      result.row === row &&
      (result.status === "rejected") === isBad(n) &&
      connectors.length === (result.status === "completed" ? 1 : 0) &&
      (result.status !== "completed" ||
        (result.connectorId === connector?.id && result.channelId === connector?.channelId));
    if (!isRight)
      faulty.push(`row ${result.row}: ${JSON.stringify(result)}, made ${JSON.stringify(connectors)}`);
  }
  const { completed, failed, rejected } = counts;
  if (row !== rowCount || batch.rows !== rowCount) faulty.push(`${row} results of ${batch.rows} rows`);
  if (completed !== batch.completed || failed !== batch.failed || rejected !== batch.rejected)
    faulty.push(`results ${JSON.stringify(counts)}, batch ${JSON.stringify(batch)}`);
  return faulty;
};

const wholeBatch = async (redisUrl: string): Promise<void> => {
  const { prefix, children, sandboxUrl, apiUrl } = await startPerch(redisUrl, faults);
  const producer = await createProducer({ redisUrl, sealingKeys, prefix, retentionMs });
  const probes = startProbes(apiUrl);
  const startMs = performance.now();
  const opened = await producer.importRows(rows(rowCount, true), { name: "bench" });
  for await (const _ of opened.rows);
  const importedMs = performance.now() - startMs;
  const importedAtMs = Date.now();
  const batch = await untilFinished(producer, opened.batchId);
  const seconds = (performance.now() - startMs) / 1000;
  await probes.stop();
  await pause(2000);
  const faulty = await compare(producer, batch, sandboxUrl);
  const created = new Map((await readReport(sandboxUrl)).map((each) => [each.phoneNumber, each.createdAt]));
  const sent = [...probes.sentMs].map(([phoneNumber, atMs]) => ({ atMs, at: created.get(phoneNumber) }));
  const printWaits = (when: string, some: typeof sent): void => {
    const waits = some.flatMap(({ atMs, at }) => (at === undefined ? [] : [Date.parse(at) - atMs]));
    waits.sort((a, b) => a - b);
    const [p50 = 0, p99 = 0, max = 0] = [0.5, 0.99, 1].map((share) => quantile(waits, share));
    print(
      `another workspace, from the API to Bird, ${when}: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms, ${waits.length} of ${some.length} installs`,
    );
  };
  print(
    `batch: ${batch.rows} rows, ${batch.completed} completed, ${batch.failed} failed, ${batch.rejected} rejected; imported in ${(importedMs / 1000).toFixed(0)} s, finished after ${seconds.toFixed(0)} s (${(batch.accepted / seconds).toFixed(0)}/s)`,
  );
  print(`rows that are not as the sandbox has them: ${faulty.length}`);
  for (const line of faulty.slice(0, 5)) print(`  ${line}`);
  printWaits(
    "while its rows came in",
    sent.filter(({ atMs }) => atMs <= importedAtMs),
  );
  printWaits(
    "after that",
    sent.filter(({ atMs }) => atMs > importedAtMs),
  );
  await producer.close();
  await stopAll(children);
};

/** Answers a start beyond the last tag for each workspace and its count. */
const unfairLua =
  "local starts = {} for n = 7, #ARGV, 2 do starts[#starts + 1] = 100000000 end return starts";

/** Installs a second from their rows to the end of the batch. */
const fairnessRound = async (redisUrl: string, client: RedisClient, isFair: boolean): Promise<number> => {
  await client.flushall();
  const { prefix, children } = await startPerch(redisUrl, []);
  const keys = createKeys(prefix);
  const queues = createInstallsQueues({ client, keys });
  const installs = createInstalls({ client, keys, retentionMs });
  const batches = createBatches({ client, keys, retentionMs });
  const seal = createSeal(readSealingKeys(sealingKeys));
  const nextUlid = monotonicFactory();
  const workspaceIndex = createWorkspaceIndex({ client, keys });
  // Beyond the last tag: all installs get that one, in the order they come.
  if (!isFair) client.defineCommand("perchFair", { numberOfKeys: 2, lua: unfairLua });
  const importRows = createImportRows({
    put: (submissions) =>
      putInstalls(
        { client, keys, queues, installs, workspaceIndex, seal, retentionMs, now: Date.now },
        submissions,
      ),
    nextId: async () => nextUlid(),
    batches,
    installs,
    digests: createKeptDigests(readSealingKeys(sealingKeys)),
  });
  const startMs = performance.now();
  const opened = await importRows(rows(roundCount, false), { name: "round" });
  for await (const _ of opened.rows);
  while ((await client.zcard(keys.job("completed"))) < roundCount) await pause(5);
  const perSecond = roundCount / ((performance.now() - startMs) / 1000);
  Reflect.deleteProperty(client, "perchFair");
  await queues.close();
  await stopAll(children);
  return perSecond;
};

await withRedis(async (redis, client) => {
  print(`${rowCount} rows, ${workspaces} workspaces, 2 % bad rows, AOF with fsync always`);
  await wholeBatch(redis.url);
  const seen = { fair: [] as number[], unfair: [] as number[] };
  for (let n = 0; n < 3; n += 1) {
    seen.unfair.push(await fairnessRound(redis.url, client, false));
    seen.fair.push(await fairnessRound(redis.url, client, true));
  }
  const [on, off] = [median(seen.fair), median(seen.unfair)];
  print(
    `fair order on ${on.toFixed(0)}/s, off ${off.toFixed(0)}/s, ratio ${(on / off).toFixed(2)} (${roundCount} installs, 3 rounds each)`,
  );
});
