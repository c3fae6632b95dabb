/**
 * What faults cost: a backlog through a full Redis, an idle worker beside one, a new install after Redis was off for half
 * a minute, a workspace under events that name only their channel, and a file of broken quotes beside a good one. Takes
 * about a minute and a half.
 *
 *   npm run bench:faults
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { ImportFileError } from "../src/producer/read/errors.ts";
import { readRows } from "../src/producer/read/rows.ts";
import { durable, type RedisServer, withRedisServers } from "../test/support/redis-servers.ts";
import { installRequest, workspaceId } from "../test/support/request.ts";
import { sendEvent } from "../test/support/signed-event.ts";
import { type Stack, type StackOptions, withStack } from "../test/support/stack.ts";
import { print } from "./processes.ts";

/** Runs on a Redis server of its own that writes each command to disk before it answers. */
const withOwnRedis = (
  options: StackOptions,
  run: (
    stack: Stack,
    redis: { readonly server: RedisServer; restart(): Promise<unknown> },
    lines: readonly string[],
  ) => Promise<void>,
): Promise<void> =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    const lines: string[] = [];
    const restart = () => start(durable, server.port);
    await withStack({ redisUrl: server.url, onLogLine: (line) => lines.push(line), ...options }, (stack) =>
      run(stack, { server, restart }, lines),
    );
  });

const limitMemory = (server: RedisServer, bytes: number) =>
  server.use((redis) => redis.config("SET", "maxmemory", `${bytes}`));
const secondsSince = (startMs: number): string => `${((performance.now() - startMs) / 1000).toFixed(2)} s`;

await withOwnRedis(
  {
    worker: { concurrency: 4 },
    sandbox: {
      channelDelayMs: 0,
      eventRepeatMs: Array(60).fill(300),
      faults: [{ times: "always", fault: { kind: "slow", delayMs: 300 } }],
    },
  },
  async ({ producer, sandbox }, { server }) => {
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) ids.push((await producer.enqueue(installRequest(n))).install.id);
    await limitMemory(server, 1000);
    await pause(8000);
    await limitMemory(server, 0);
    const startMs = performance.now();
    const ended = await Promise.all(ids.map((id) => producer.waitFor(id, { timeoutMs: 120_000 })));
    const completed = ended.filter(({ status }) => status === "completed").length;
    const doubles = sandbox.report().connectors.length - completed;
    print(
      `60 installs through 8 s of a full Redis: ${completed} completed, ${ended.length - completed} failed, ${doubles} duplicates; all ended ${secondsSince(startMs)} after there was room`,
    );
  },
);

await withOwnRedis({}, async (_stack, { server }, lines) => {
  const before = lines.length;
  await limitMemory(server, 1000);
  const { user } = process.cpuUsage();
  await pause(10_000);
  const busyMs = (process.cpuUsage().user - user) / 1000;
  print(
    `idle roles in 10 s of a full Redis: ${lines.length - before} log lines, ${busyMs.toFixed(0)} ms of processor time`,
  );
  await limitMemory(server, 0);
});

await withOwnRedis({ worker: { requestTimeoutMs: 30_000 } }, async ({ producer }, { server, restart }) => {
  const before = await producer.enqueue(installRequest(0));
  await producer.waitFor(before.install.id);
  await server.kill();
  await pause(30_000);
  await restart();
  const startMs = performance.now();
  const isBack = (): Promise<boolean> =>
    producer.installs.find("x").then(
      () => true,
      () => false,
    );
  while (!(await isBack())) await pause(50);
  const { install } = await producer.enqueue(installRequest(1));
  const { status } = await producer.waitFor(install.id, { timeoutMs: 120_000 });
  print(
    `after Redis was off for 30 s: a new install is ${status} ${secondsSince(startMs)} after the restart`,
  );
});

await withOwnRedis({ worker: { getsPerSecond: 20 } }, async (stack) => {
  stack.sandbox.setFaults([
    { operation: "getChannel", times: "always", fault: { kind: "status", status: 404 } },
  ]);
  const sent = (): number =>
    Object.values(stack.sandbox.report().requests.getChannel ?? {}).reduce((sum, count) => sum + count, 0);
  for (let n = 0; n < 2000; n += 50)
    await Promise.all(
      Array.from({ length: 50 }, () =>
        sendEvent(stack, { address: workspaceId, payload: { id: randomUUID(), status: "active" } }),
      ),
    );
  const [before, startMs] = [sent(), performance.now()];
  await pause(10_000);
  const perSecond = (sent() - before) / ((performance.now() - startMs) / 1000);
  print(
    `a workspace under 2,000 events that name only their channel: ${perSecond.toFixed(1)} GETs/s, of a budget of 20`,
  );
});

const header = Object.keys(installRequest(0)).join(",");
const goodLine = Object.values(installRequest(0)).join(",");
const readMegabytes = async (megabytes: number, line: string): Promise<string> => {
  const lines = Buffer.from(`${line}\n`.repeat(Math.ceil(65_536 / line.length)));
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${header}\n`);
    for (let sent = 0; sent < megabytes * 1_000_000; sent += lines.length) yield lines;
  }
  const startMs = performance.now();
  let read = 0;
  try {
    for await (const { row } of readRows(bytes(), { format: "csv" })) read = row;
  } catch (error) {
    if (!(error instanceof ImportFileError)) throw error;
    return `refused after ${read} rows, ${secondsSince(startMs)}`;
  }
  return `${read} rows, ${secondsSince(startMs)}`;
};
const brokenLines: readonly (readonly [string, string])[] = [
  ["good rows", goodLine],
  ["lines of ten characters that open a quote", '"xxxxxxxx'],
  ["rows with a quote that is never closed", goodLine.replace(/,/, ',"')],
];
for (const [what, line] of brokenLines) print(`5 MB of ${what}: ${await readMegabytes(5, line)}`);
