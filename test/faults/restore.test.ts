import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import type { InstallRequestInput } from "../../src/install/request.ts";
import type { EnqueuedRow } from "../../src/producer/put/enqueued.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching, type Matching } from "../../src/queue/matching/matching.ts";
import { createNotifications } from "../../src/queue/outbox/notifications.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { startPrivateRedis, withPrivateRedis } from "../integration/private-redis.ts";
import { killServer } from "../servers/embedded-redis-harness.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, type Stack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";

const otherWorkspace = "1c6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";

/** A number for each state an install may be in when the backup is taken. */
const requests = {
  completed: installRequest(0),
  failed: installRequest(1),
  cancelled: installRequest(2),
  awaiting: installRequest(3),
  arrived: installRequest(4),
  retrying: installRequest(5),
  held: installRequest(6, { workspaceId: otherWorkspace }),
  submitting: installRequest(7),
  queued: installRequest(8),
} as const;
type Name = keyof typeof requests;
const rows = [installRequest(10), installRequest(11)];
/** Comes after the backup, so that its install is forgotten altogether. */
const late = installRequest(20);

const faultOf = ({ phoneId }: InstallRequestInput, fault: FaultRule["fault"]): FaultRule => ({
  phoneId,
  fault,
});

const faults = [
  faultOf(requests.failed, { kind: "status", status: 422 }),
  faultOf(requests.cancelled, { kind: "channel_never" }),
  faultOf(requests.awaiting, { kind: "event_late", delayMs: 1000 }),
  faultOf(requests.arrived, { kind: "event_never" }),
  faultOf(requests.retrying, { kind: "status", status: 503 }),
  faultOf(requests.held, { kind: "status", status: 429, retryAfterSeconds: 1 }),
  faultOf(requests.submitting, { kind: "slow", delayMs: 1200 }),
];

/** As docs/durability.md says: no rewrite of the files while they are copied. */
const backUp = async (client: RedisClient, from: string, to: string): Promise<void> => {
  await client.config("SET", "auto-aof-rewrite-percentage", "0");
  await until("no rewrite is under way", async () =>
    /^aof_rewrite_in_progress:0\r?$/m.test(await client.info("persistence")),
  );
  await cp(from, to, { recursive: true });
  await client.config("SET", "auto-aof-rewrite-percentage", "100");
};

/** What a minute does to a backup: the last beat and all locks are long past. */
const age = async ({ client, keys }: Stack, installIds: readonly string[]): Promise<void> => {
  for (const { server } of keys.shards) await client.hincrby(server, "aliveMs", -60_000);
  await client.del(installIds.map((id) => keys.ofInstall(id).lock(id)));
};

const statusesOf = async ({ producer }: Stack, installIds: readonly string[]) =>
  (await producer.installs.findMany(installIds)).map((install) => install?.status);

const installIdsOf = (rows: readonly EnqueuedRow[]): string[] =>
  rows.flatMap((row) => ("install" in row ? [row.install.id] : []));

/** The event of a connector, stored by a webhook process that was killed before it could wake the install. */
const storeEvent = async ({ sandbox }: Stack, matching: Matching, connectorId = ""): Promise<void> => {
  const channelId = await until("Bird has made the channel", async () => {
    const made = sandbox.report().connectors.find(({ id }) => id === connectorId);
    return made?.channelId;
  });
  await matching.arrive({ connectorId, channelId, status: "active", isUsable: true, workspaceId: undefined });
};

test("installs of a restored backup go on to their right end, and no number gets a second connector", async () => {
  await withPrivateRedis(async ({ url, dataDir }) => {
    const quick = { concurrency: 50, firstPollMs: 300, lookDelaysMs: [20, 60, 120] };
    // One at a time, so that the create that is out keeps all that come after it in the queue.
    const first = { concurrency: 1, firstPollMs: 60_000, lookDelaysMs: [60_000] };
    const worker = { ...first, requestTimeoutMs: 1500, notifyUrl: "https://hooks.example.com/perch" };
    await withStackActions({ redisUrl: url, sandbox: { faults }, worker }, async (stack, acts) => {
      const { producer, sandbox, client, keys } = stack;
      await using ending = new AsyncDisposableStack();
      const queues = createInstallsQueues({ client, keys });
      ending.defer(queues.close);
      const matching = createMatching({ client, queues, keys, retentionMs: quickSettings.retentionMs });
      const enqueue = async (request: InstallRequestInput) => (await producer.enqueue(request)).install.id;
      const inStatus = (id: string, status: string) =>
        until(`${id} is ${status}`, async () => {
          const install = await producer.installs.find(id);
          return install?.status === status && install;
        });
      const wakeParked = async (): Promise<void> => {
        for (const queue of queues.all)
          for (const { id } of await queue.getDelayed()) await matching.wake(id ?? "");
      };

      const ids = new Map<Name, string>();
      const idOf = (name: Name) => ids.get(name) ?? assert.fail(name);
      const before = { completed: "completed", failed: "failed", cancelled: "awaiting_channel" } as const;
      for (const name of ["completed", "failed", "cancelled"] as const) {
        ids.set(name, await enqueue(requests[name]));
        await inStatus(idOf(name), before[name]);
      }
      await acts.actions.cancel(idOf("cancelled"));
      await inStatus(idOf("cancelled"), "cancelled");
      const { batchId, rows: putting } = await producer.importRows(
        rows.map((input, at) => ({ row: at + 1, input })),
        { name: "numbers.csv" },
      );
      await acts.batchActions.pause(batchId);
      const rowIds = installIdsOf(await Array.fromAsync(putting));
      for (const name of ["arrived", "retrying", "held"] as const)
        ids.set(name, await enqueue(requests[name]));
      await inStatus(idOf("retrying"), "retrying");
      await inStatus(idOf("held"), "held");
      const { connectorId } = await inStatus(idOf("arrived"), "awaiting_channel");
      ids.set("awaiting", await enqueue(requests.awaiting));
      await inStatus(idOf("awaiting"), "awaiting_channel");
      ids.set("submitting", await enqueue(requests.submitting));
      await inStatus(idOf("submitting"), "submitting");
      ids.set("queued", await enqueue(requests.queued));
      await storeEvent(stack, matching, connectorId);
      const all = [...ids.values(), ...rowIds];
      const files = join(dataDir, "redis/appendonlydir");
      await backUp(client, files, join(dataDir, "backup"));
      const atBackup = await statusesOf(stack, all);
      assert.deepEqual(Object.fromEntries([...ids.keys()].map((name, at) => [name, atBackup[at]])), {
        completed: "completed",
        failed: "failed",
        cancelled: "cancelled",
        arrived: "awaiting_channel",
        retrying: "retrying",
        held: "held",
        awaiting: "awaiting_channel",
        submitting: "submitting",
        queued: "queued",
      });

      await acts.batchActions.resume(batchId);
      await wakeParked();
      const second = await stack.startAnotherWorker(quick);
      const lost = await enqueue(late);
      for (const id of [...all, lost]) await producer.waitFor(id, { timeoutMs: 60_000 });
      assert.equal((await producer.batches.find(batchId))?.rows, 2);
      await Promise.all([stack.worker.close({ graceMs: 0 }), second.close({ graceMs: 0 })]);

      await killServer(url);
      await rm(files, { recursive: true });
      await cp(join(dataDir, "backup"), files, { recursive: true });
      await startPrivateRedis(dataDir);
      await until("the producer is back", () =>
        producer.installs.find(idOf("queued")).catch(() => undefined),
      );
      await age(stack, all);
      assert.equal(await producer.installs.find(lost), undefined, "the backup is older than the world");

      await wakeParked();
      await stack.startAnotherWorker(quick);
      const again = await enqueue(late);
      await acts.batchActions.resume(batchId);
      for (const id of [...all, again]) await producer.waitFor(id, { timeoutMs: 60_000 });
      const ends = new Map([
        [idOf("failed"), "failed"],
        [idOf("cancelled"), "cancelled"],
      ]);
      assert.deepEqual(
        await statusesOf(stack, [...all, again]),
        [...all, again].map((id) => ends.get(id) ?? "completed"),
      );
      const { creates } = sandbox.report();
      assert.equal(Object.keys(creates).length, 11);
      for (const [number, made] of Object.entries(creates)) assert.equal(made, 1, `${number}: one connector`);
      const { accepted, completed, status } = await until("the batch has finished", async () => {
        const found = await producer.batches.find(batchId);
        return found?.status === "finished" && found;
      });
      assert.deepEqual({ accepted, completed, status }, { accepted: 2, completed: 2, status: "finished" });
      const notifications = createNotifications({
        client,
        keys,
        digests: testDigests,
        now: Date.now,
        retentionMs: quickSettings.retentionMs,
      });
      await until("every outcome is about to be told", async () => {
        const { items } = await notifications.list({ limit: 100 });
        const told = new Set(items.map(({ subjectId }) => subjectId));
        return [...all, again].every((id) => told.has(id));
      });
      await notifications.close();
    });
  });
});
