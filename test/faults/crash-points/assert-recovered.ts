import assert from "node:assert/strict";
import type { Install } from "../../../src/install/install.ts";
import type { Producer } from "../../../src/producer/producer.ts";
import { createInstallsQueues } from "../../../src/queue/installs/queue.ts";
import { createCountStatuses } from "../../../src/queue/installs/statuses.ts";
import type { Keys } from "../../../src/queue/keyspace/keys.ts";
import { createNotifications } from "../../../src/queue/outbox/notifications.ts";
import type { RedisClient } from "../../../src/redis/client.ts";
import type { SandboxReport } from "../../../src/sandbox/report.ts";
import { testDigests } from "../../support/test-digests.ts";
import { until } from "../../support/until.ts";
import type { CrashOrder } from "./crash-orders.ts";

/**
 * Exactly one connector, the waiter told, Bird's own ids, the token dropped, one job in one state, and no event
 * left unconsumed; and it is counted as completed and as nothing else.
 */
export const assertRecovered = async (
  deps: {
    readonly order: CrashOrder;
    readonly producer: Producer;
    readonly client: RedisClient;
    readonly keys: Keys;
    readonly report: () => SandboxReport;
  },
  { id }: Install,
  ended: Promise<Install>,
): Promise<void> => {
  const { order, producer, client, keys } = deps;
  const install = await ended.catch(async (cause: unknown) => {
    const timeline = await producer.installs.timeline(id);
    const now = await producer.installs.find(id);
    throw new Error(`the install did not end: ${JSON.stringify({ now, timeline }, null, 1)}`, { cause });
  });
  const timeline = await producer.installs.timeline(id);
  const told = JSON.stringify({ install, timeline }, null, 1);
  const { connectors } = deps.report();
  assert.equal(connectors.length, 1, `connectors at Bird: ${connectors.length}, not 1: ${told}`);
  assert.equal(install.status, "completed", told);
  assert.equal(install.completedBy, order.completedBy, told);
  assert.equal(install.connectorId, connectors[0]?.id, told);
  assert.equal(install.channelId, connectors[0]?.channelId, told);
  assert.ok(!timeline.some(({ what }) => what.startsWith("incident")), told);
  assert.ok(timeline.filter(({ what }) => what.startsWith("event from Bird matched")).length <= 1, told);
  await until("no event is left unconsumed", async () => (await client.zcard(keys.arrived)) === 0);
  assert.equal(await client.zcard(keys.unmatched), 0, "unmatched events");
  assert.equal(await client.exists(keys.lock(id)), 0, "a lock is left");
  const data = await client.hget(keys.job(id), "data");
  assert.ok(data !== null && !data.includes('"sealed"'), "the sealed token is dropped");
  await assertOneJob(client, keys);
  const counts = Object.entries(await createCountStatuses({ client, keys })());
  assert.deepEqual(
    counts.filter(([, count]) => count !== 0),
    [["completed", 1]],
  );
  if (order.isTold === true) await assertTold(client, keys, id);
};

/** Exactly one notification of the outcome waits to be sent, and nothing is left in the outbox. */
const assertTold = async (client: RedisClient, keys: Keys, installId: string): Promise<void> => {
  await until("the outbox is empty", async () => (await client.zcard(keys.outbox)) === 0);
  const notifications = createNotifications({
    client,
    keys,
    digests: testDigests,
    now: Date.now,
    retentionMs: 3_600_000,
  });
  const { items } = await notifications.list({ limit: 10 });
  await notifications.close();
  assert.deepEqual(
    items.map(({ id, status }) => [id, status]),
    [[`msg_${installId}_completed`, "pending"]],
  );
};

const assertOneJob = async (client: RedisClient, keys: Keys): Promise<void> => {
  const queues = createInstallsQueues({ client, keys });
  const queue = queues.of("");
  const counts = await queue.getJobCounts();
  await queues.close();
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  assert.deepEqual(found, [["completed", 1]]);
};
