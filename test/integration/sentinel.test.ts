import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { connectRedis } from "../../src/queue/connection.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { findTestServer } from "./embedded-redis-bench.ts";

interface Failover {
  readonly url: string;
  readonly masterUrl: string;
  killMaster(): Promise<void>;
}

/** A master, a replica and a sentinel as processes on loopback. */
const withFailover = async (use: (failover: Failover) => Promise<void>): Promise<void> => {
  const server = await findTestServer();
  const dir = await mkdtemp(join(tmpdir(), "perch-sentinel-"));
  const started: ChildProcess[] = [];
  const start = (args: readonly string[]): ChildProcess => {
    const child = spawn(server, [...args, "--bind", "127.0.0.1", "--dir", dir], { stdio: "ignore" });
    started.push(child);
    return child;
  };
  const [masterPort, replicaPort, sentinelPort] = [await freePort(), await freePort(), await freePort()];
  const common = [
    "--save",
    "",
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--maxmemory-policy",
    "noeviction",
  ];
  try {
    const master = start(["--port", `${masterPort}`, "--appenddirname", "m", ...common]);
    const replicaOf = ["--replicaof", "127.0.0.1", `${masterPort}`];
    start(["--port", `${replicaPort}`, "--appenddirname", "r", ...replicaOf, ...common]);
    const config = join(dir, "sentinel.conf");
    await writeFile(
      config,
      `sentinel monitor perch 127.0.0.1 ${masterPort} 1\nsentinel down-after-milliseconds perch 300\nsentinel failover-timeout perch 2000\n`,
    );
    start([config, "--sentinel", "--port", `${sentinelPort}`]);
    await untilInfo(`redis://127.0.0.1:${masterPort}`, /^slave0:.*state=online/m);
    await untilInfo(`redis://127.0.0.1:${sentinelPort}`, /^master0:.*status=ok.*slaves=1/m);
    await use({
      url: `redis+sentinel://127.0.0.1:${sentinelPort}/perch`,
      masterUrl: `redis://127.0.0.1:${masterPort}`,
      killMaster: async () => {
        master.kill("SIGKILL");
        await once(master, "exit");
      },
    });
  } finally {
    for (const child of started) child.kill("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return address !== null && typeof address === "object" ? address.port : assert.fail("a port");
};

const untilInfo = (url: string, pattern: RegExp): Promise<unknown> =>
  until(`INFO shows ${pattern}`, async () => {
    const client = await connectRedis(url, { whenAway: "fail", name: "test-info" }).catch(() => undefined);
    try {
      return pattern.test((await client?.info()) ?? "");
    } finally {
      client?.disconnect();
    }
  });

test("workers and webhook find the new master after a failover, and nothing is created twice", async () => {
  await withFailover(async ({ url, masterUrl, killMaster }) => {
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
        const master = await connectRedis(masterUrl, { whenAway: "fail", name: "test-master" });
        await master.wait(1, 5000);
        master.disconnect();
        await killMaster();
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
