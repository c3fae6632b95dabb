import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import test from "node:test";
import { durable, type RedisServer, untilReplicated, withRedisServers } from "../support/redis-servers.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

/** A master, a replica and a sentinel as processes on loopback. */
const withFailover = (
  use: (failover: { readonly url: string; readonly master: RedisServer }) => Promise<void>,
): Promise<void> =>
  withRedisServers(async (start, dir) => {
    const master = await start(durable);
    await start(["--replicaof", "127.0.0.1", `${master.port}`, ...durable]);
    const config = `${dir}/sentinel.conf`;
    await writeFile(
      config,
      `sentinel monitor perch 127.0.0.1 ${master.port} 1\nsentinel down-after-milliseconds perch 300\nsentinel failover-timeout perch 2000\n`,
    );
    const sentinel = await start([config, "--sentinel"]);
    await untilInfo(master, /^slave0:.*state=online/m);
    await untilInfo(sentinel, /^master0:.*status=ok.*slaves=1/m);
    await use({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/perch`, master });
  });

const untilInfo = (server: RedisServer, pattern: RegExp): Promise<unknown> =>
  until(`INFO shows ${pattern}`, () => server.use(async (redis) => pattern.test(await redis.info())));

test("workers and webhook find the new master after a failover, and nothing is created twice", async () => {
  await withFailover(async ({ url, master }) => {
    const faults = [{ fault: { kind: "event_late", delayMs: 1500 } }] as const;
    const settings = { requestTimeoutMs: 200, firstPollMs: 60_000 };
    await withStack(
      { redisUrl: url, sandbox: { faults }, worker: settings },
      async ({ producer, sandbox }) => {
        const ids: string[] = [];
        for (const n of [1, 2, 3, 4, 5]) ids.push((await producer.enqueue(installRequest(n))).install.id);
        await until("all wait for their events", async () => {
          const installs = await producer.installs.findMany(ids);
          return installs.every((install) => install?.connectorId !== undefined);
        });
        await untilReplicated(master);
        await master.kill();
        const late = await until("the new master takes installs", () =>
          producer.enqueue(installRequest(6)).catch(() => undefined),
        );
        for (const id of [...ids, late.install.id]) {
          const ended = await producer.waitFor(id, { timeoutMs: 20_000 });
          assert.equal(ended.status, "completed");
          assert.equal(sandbox.report().creates[`${workspaceId}/${ended.phoneId}`], 1);
        }
      },
    );
  });
});
