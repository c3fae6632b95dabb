import assert from "node:assert/strict";
import test from "node:test";
import { readTimeline } from "../../src/queue/installs/timeline.ts";
import { createSweep } from "../../src/worker/chores/sweep.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { boundData, phoneId, retentionMs, type TestQueue, withQueue } from "./queue-fixture.ts";

/** Longer than a process may take between storing an event and waking its install. */
const leftBehindMs = 6000;

const sweepOf = ({ client, keys, matching, clock }: TestQueue) =>
  createSweep({ client, keys, matching, retentionMs, now: clock.now });

/** The webhook process stores an event and is killed before it wakes the install. */
const arriveAndDie = ({ matching }: TestQueue, connectorId = "c1", channelId = "ch1") =>
  matching.arrive({
    connectorId,
    channelId,
    status: "active",
    isUsable: true,
    workspaceId: undefined,
  });

const bind = ({ matching }: TestQueue, installId = "i1", connectorId = "c1") =>
  matching.bind({ installId, connectorId, token: "lost", data: boundData(connectorId) });

/** An event comes while the install runs, and the run's worker is killed between its park and its look. */
const arriveAndPark = async (queue: TestQueue): Promise<void> => {
  await queue.add("i1");
  await queue.start("t0");
  await bind(queue);
  await arriveAndDie(queue);
  await queue.queue.getBackend().moveToDelayed("i1", Date.now(), 3_600_000, "t0", { skipAttempt: true });
};

test("an event whose install was parked after it and never looked wakes it", () =>
  withQueue(async (queue) => {
    await arriveAndPark(queue);
    queue.clock.move(leftBehindMs);
    assert.deepEqual(await sweepOf(queue)(), { seen: 1, woken: 1, dropped: 0 });
    assert.equal(await queue.start("t"), "i1");
    // Not dropped by the sweep: only the run that takes the event may say it is done.
    assert.equal(await queue.matching.hasNews({ installId: "i1", connectorId: "c1" }), true);
  }));

test("an event that has just come is left to its webhook", () =>
  withQueue(async (queue) => {
    await arriveAndPark(queue);
    queue.clock.move(4000);
    assert.deepEqual(await sweepOf(queue)(), { seen: 0, woken: 0, dropped: 0 });
    assert.equal(await queue.queue.getJobState("i1"), "delayed");
  }));

test("an install that failed meanwhile is healed", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await queue.start("t1");
    await queue.fail("i1", "t1");
    await arriveAndDie(queue);
    queue.clock.move(leftBehindMs);
    assert.deepEqual(await sweepOf(queue)(), { seen: 1, woken: 1, dropped: 0 });
    assert.equal(await queue.start("t2"), "i1");
  }));

/** An install has completed, and then an event of its connector comes. */
const arriveAfterCompletion = async (queue: TestQueue, channelId = "ch1"): Promise<void> => {
  await queue.add("i1");
  await bind(queue);
  await queue.start("t");
  await queue.complete("i1", "t");
  await arriveAndDie(queue, "c1", channelId);
};

/** Channels of events that the timeline says came after the end. */
const unusedChannels = async ({ client, keys }: TestQueue) =>
  readTimeline(await client.lrange(keys.logs("i1"), 0, -1)).flatMap(({ what, channelId }) =>
    what === "event from Bird after the end" ? [channelId] : [],
  );

test("bug: the event of an install that was cancelled is acknowledged and shown nowhere", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await queue.start("t1");
    await queue.client.hset(queue.keys.job("i1"), "cancelAt", 1);
    await queue.fail("i1", "t1");
    await arriveAndDie(queue);
    queue.clock.move(leftBehindMs);
    assert.deepEqual(await sweepOf(queue)(), { seen: 1, woken: 0, dropped: 1 });
    assert.deepEqual(await unusedChannels(queue), ["ch1"]);
    assert.deepEqual(await sweepOf(queue)(), { seen: 0, woken: 0, dropped: 0 });
  }));

test("bug: an event of a completed install that names another channel is shown nowhere", () =>
  withQueue(async (queue) => {
    await arriveAfterCompletion(queue);
    queue.clock.move(leftBehindMs);
    await sweepOf(queue)();
    assert.deepEqual(await unusedChannels(queue), ["ch1"]);
  }));

test("an event of a completed install is dropped", () =>
  withQueue(async (queue) => {
    await arriveAfterCompletion(queue, "CH");
    queue.clock.move(leftBehindMs);
    assert.deepEqual(await sweepOf(queue)(), { seen: 1, woken: 0, dropped: 1 });
    assert.equal(await queue.matching.hasNews({ installId: "i1", connectorId: "c1" }), false);
    assert.equal(await queue.client.zcard(queue.keys.unmatched), 0);
    assert.deepEqual(await unusedChannels(queue), [], "its page shows the channel");
  }));

test("an event whose install is gone becomes unmatched, so that a person can see it", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await arriveAndDie(queue);
    const job = await queue.queue.getJob("i1");
    await job?.remove();
    queue.clock.move(leftBehindMs);
    assert.deepEqual(await sweepOf(queue)(), { seen: 1, woken: 0, dropped: 1 });
    assert.equal(await queue.matching.hasNews({ installId: "i1", connectorId: "c1" }), false);
    assert.deepEqual(await queue.client.zrange(queue.keys.unmatched, "0", "-1"), [":c1"]);
  }));

test("an install that runs is looked at again later, not at every sweep", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await queue.start("t");
    await arriveAndDie(queue);
    queue.clock.move(leftBehindMs);
    const sweep = sweepOf(queue);
    assert.deepEqual(await sweep(), { seen: 1, woken: 0, dropped: 0 });
    assert.deepEqual(await sweep(), { seen: 0, woken: 0, dropped: 0 });
    queue.clock.move(16_000);
    assert.deepEqual(await sweep(), { seen: 1, woken: 0, dropped: 0 });
  }));

test("an event taken while the sweep looks is not put back", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await queue.start("t");
    await arriveAndDie(queue);
    queue.clock.move(leftBehindMs);
    const { matching, client, keys, clock } = queue;
    const takenMeanwhile = {
      ...matching,
      wake: async (installId: string) => {
        await matching.take({ connectorId: "c1", workspaceId, phoneId, installId, token: "t" });
        return matching.wake(installId);
      },
    };
    await createSweep({ client, keys, matching: takenMeanwhile, retentionMs, now: clock.now })();
    assert.equal(await matching.hasNews({ installId: "i1", connectorId: "c1" }), false);
  }));

test("a thousand events left behind are taken at a time, the oldest first", () =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    const old = Array.from({ length: 1001 }, (_, index) => [index, `c${index}`] as const);
    await client.zadd(keys.arrived, ...old.flat());
    clock.move(leftBehindMs);
    const sweep = sweepOf(queue);
    assert.deepEqual(await sweep(), { seen: 1000, woken: 0, dropped: 1000 });
    assert.deepEqual(await client.zrange(keys.arrived, "0", "-1"), ["c1000"]);
  }));

test("unmatched events are forgotten after the retention, and not before", () =>
  withQueue(async (queue) => {
    await arriveAndDie(queue, "old");
    queue.clock.move(retentionMs - 1);
    await arriveAndDie(queue, "young");
    await sweepOf(queue)();
    assert.equal(await queue.client.zcard(queue.keys.unmatched), 2);
    queue.clock.move(1);
    await sweepOf(queue)();
    assert.deepEqual(await queue.client.zrange(queue.keys.unmatched, "0", "-1"), [":young"]);
  }));

test("the fleet sweeps by itself: an event whose wake was lost completes its install", async () => {
  const faults = [{ fault: { kind: "event_never" } } as const];
  await withStack({ sandbox: { faults } }, async ({ producer, sandbox, client, keys }) => {
    const { install } = await producer.enqueue(installRequest());
    const parked = await until("the install waits for its channel", async () => {
      const found = await producer.installs.find(install.id);
      return found?.status === "awaiting_channel" && found;
    });
    const connectorId = parked.connectorId ?? "";
    const channelId = sandbox.report().connectors[0]?.channelId ?? "ch";
    // As if the webhook had stored it a minute ago and died.
    const shard = keys.ofInstall(install.id);
    const key = shard.connector(connectorId);
    await client.hset(key, { channel: channelId, status: "active", usable: "1", at: Date.now() - 60_000 });
    await client.zadd(shard.arrived, Date.now() - 60_000, connectorId);
    const ended = await producer.waitFor(install.id, { timeoutMs: 15_000 });
    assert.equal(ended.completedBy, "webhook");
  });
});

test("bug: the event of an install that was removed meanwhile leaves a timeline that never ends", () =>
  withQueue(async (queue) => {
    await arriveAfterCompletion(queue);
    await (await queue.queue.getJob("i1"))?.remove();
    await queue.matching.leaveUnused("i1", "c1");
    assert.equal(await queue.client.exists(queue.keys.logs("i1")), 0);
    assert.equal(await queue.client.zcard(queue.keys.arrived), 0);
  }));
