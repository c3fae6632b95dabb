import assert from "node:assert/strict";
import test from "node:test";
import { isDeepStrictEqual } from "node:util";
import {
  createCountStatuses,
  createMarkPaused,
  createUnmarkSome,
  statusScores,
} from "../../src/queue/installs/statuses.ts";
import { createInstallStore } from "../../src/queue/installs/store.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest } from "../support/request.ts";
import type { Stack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";
import { boundData, installData, phoneId, retentionMs, type TestQueue, withQueue } from "./queue-fixture.ts";

const other = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const hourMs = 3_600_000;

const none = {
  queued: 0,
  submitting: 0,
  awaiting_channel: 0,
  retrying: 0,
  held: 0,
  paused: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
};

/** A fault for one number, each time. */
const faultFor = (n: number, fault: FaultRule["fault"]): FaultRule => ({
  phoneId: installRequest(n).phoneId,
  times: "always",
  fault,
});

/** Counts installs by the status the API shows of each. */
const shownStatuses = async ({ producer }: Stack) => {
  const { items } = await producer.installs.list({ limit: 100 });
  const counts: Record<string, number> = {};
  for (const { status } of items) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

/** Waits until installs are counted so and the API shows the same. Installs go on between the two looks. */
const areCounted = async (stack: Stack, wanted: Partial<typeof none>): Promise<void> => {
  const count = createCountStatuses(stack);
  const expected = { ...none, ...wanted };
  const { paused, queued, ...others } = expected;
  const shown = Object.entries({ queued: queued + paused, ...others }).filter(([, each]) => each > 0);
  await until(`${JSON.stringify(wanted)} is counted and shown`, async () => {
    const [counted, seen] = [await count(), await shownStatuses(stack)];
    return isDeepStrictEqual(counted, expected) && isDeepStrictEqual(seen, Object.fromEntries(shown));
  });
};

test("installs are counted by the statuses the API shows, paused ones apart", () =>
  withStackActions(
    {
      startsPaused: true,
      sandbox: {
        faults: [
          faultFor(1, { kind: "status", status: 422 }),
          faultFor(2, { kind: "event_never" }),
          faultFor(3, { kind: "status", status: 404 }),
          { workspaceId: other, times: "always", fault: { kind: "status", status: 401 } },
        ],
      },
    },
    async (stack, { actions, batchActions }) => {
      const { producer } = stack;
      const put = async (n: number, change = {}) =>
        (await producer.enqueue(installRequest(n, change))).install;
      const rows = async function* () {
        for (const n of [10, 11, 12]) yield installRequest(n);
      };
      let batchId = "";
      for await (const row of producer.enqueueMany(rows(), { batchName: "paused" }))
        if ("install" in row) batchId = row.install.batchId ?? batchId;
      await batchActions.pause(batchId);
      const [, , , cancelled] = [await put(0), await put(1), await put(2), await put(4)];
      await put(3);
      await put(5, { workspaceId: other });
      await put(6, { workspaceId: other });
      await actions.cancel(cancelled.id);
      const worker = await stack.startAnotherWorker({
        backoffBaseMs: hourMs,
        backoffCapMs: hourMs,
        holdBaseMs: hourMs,
        holdCapMs: hourMs,
      });
      const parked = {
        completed: 1,
        failed: 1,
        cancelled: 1,
        awaiting_channel: 1,
        retrying: 1,
        held: 2,
        paused: 3,
      };
      await areCounted(stack, parked);
      await worker.close();
      await put(7);
      await areCounted(stack, { ...parked, queued: 1 });
      await actions.retry(cancelled.id, {});
      await areCounted(stack, { ...parked, queued: 1, cancelled: 0, retrying: 2 });
      await batchActions.resume(batchId);
      await stack.startAnotherWorker();
      await areCounted(stack, { completed: 6, failed: 1, awaiting_channel: 1, retrying: 1, held: 2 });
    },
  ));

test("an install is counted as submitting while its create is sent, whatever it was parked as", () =>
  withStackActions(
    {
      worker: { backoffBaseMs: 20, requestTimeoutMs: 20_000 },
      sandbox: {
        faults: [
          { ...faultFor(1, { kind: "status", status: 404 }), times: 1 },
          faultFor(1, { kind: "slow", delayMs: 2000 }),
          faultFor(1, { kind: "event_never" }),
        ],
      },
    },
    async (stack) => {
      await stack.producer.enqueue(installRequest(1));
      await areCounted(stack, { submitting: 1 });
      await areCounted(stack, { awaiting_channel: 1 });
    },
  ));

test("rows that are enqueued to wait for their canary are counted as paused, also when their import is repeated", () =>
  withStackActions({ startsPaused: true }, async (stack, { batchActions }) => {
    const { producer, client, keys } = stack;
    const count = createCountStatuses(stack);
    const rows = [1, 2, 3].map((n) => ({ row: n, input: installRequest(n) }));
    const importAll = async () => {
      const { batchId, rows: imported } = await producer.importRows(rows, { name: "numbers.csv", canary: 1 });
      for await (const _ of imported);
      return batchId;
    };
    const batchId = await importAll();
    assert.deepEqual(await count(), { ...none, queued: 1, paused: 2 });
    await importAll();
    assert.deepEqual(await count(), { ...none, queued: 1, paused: 2 });
    await batchActions.resume(batchId);
    await stack.startAnotherWorker();
    await areCounted(stack, { completed: 3 });
    assert.equal(await client.zcard(keys.home().statuses), 0);
  }));

test("a number whose install exists already is not marked as paused", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await createMarkPaused(queue)(["i1", "i2"]);
    assert.deepEqual(await queue.client.zrange(queue.keys.statuses, "0", "-1"), ["i2"]);
  }));

const storeOf = ({ client, queues, keys, clock }: TestQueue) =>
  createInstallStore({ client, queues, keys, retentionMs, now: clock.now });

const countsOf = async (queue: TestQueue): Promise<object> => createCountStatuses(queue)();

test("a run that is killed before its park, or parks twice, counts its install once", () =>
  withQueue(async (queue) => {
    const store = storeOf(queue);
    await queue.add("i1");
    for (const token of ["first", "second"]) {
      await queue.start(token);
      const untilMs = queue.clock.now() + hourMs;
      await store.park({ installId: "i1", token, untilMs, data: installData({ paused: true }) });
      assert.deepEqual(await countsOf(queue), { ...none, paused: 1 });
      await queue.matching.wake("i1");
      assert.deepEqual(await countsOf(queue), { ...none, paused: 1 }, "woken, and not running yet");
    }
    await queue.start("killed");
    assert.deepEqual(await countsOf(queue), { ...none, submitting: 1 });
  }));

test("a worker that continues later and binds changes no count of an install that is another run's", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await queue.start("frozen");
    await queue.client.set(queue.keys.lock("i1"), "theirs");
    const data = boundData("c1");
    await queue.matching.bind({ installId: "i1", connectorId: "c1", token: "frozen", data });
    assert.equal(await queue.client.zscore(queue.keys.statuses, "i1"), null);
    const { workspaceId } = data.request;
    const install = { connectorId: "c1", workspaceId, phoneId, installId: "i1" };
    await queue.matching.take({ ...install, token: "theirs" });
    assert.deepEqual(await countsOf(queue), { ...none, awaiting_channel: 1 });
    const event = { connectorId: "c1", channelId: "h1", status: "active", isUsable: true };
    await queue.client.hset(queue.keys.connector("c1"), {
      channel: event.channelId,
      status: event.status,
      usable: 1,
      at: 1,
    });
    await queue.matching.take({ ...install, token: "frozen" });
    assert.deepEqual(await countsOf(queue), { ...none, awaiting_channel: 1 });
    await queue.matching.take({ ...install, token: "theirs" });
    await queue.complete("i1", "theirs");
    assert.deepEqual(await countsOf(queue), { ...none, completed: 1 });
  }));

test("marks of installs that ended without them, or are gone, are removed; those of others stay", () =>
  withQueue(async (queue) => {
    const { client, keys } = queue;
    const { awaiting_channel, retrying, cancelled } = statusScores;
    await queue.add("ended");
    await queue.start("mine");
    await queue.complete("ended", "mine");
    await queue.add("cancelled");
    await queue.start("mine");
    await queue.fail("cancelled", "mine");
    await queue.add("waits", { delayMs: hourMs });
    await client.zadd(keys.statuses, awaiting_channel, "ended", cancelled, "cancelled", retrying, "waits");
    await client.zadd(keys.statuses, cancelled, "removed by BullMQ", awaiting_channel, "erased");
    await createUnmarkSome(queue)();
    assert.deepEqual(await client.zrange(keys.statuses, "0", "-1"), ["waits", "cancelled"]);
    assert.deepEqual(await countsOf(queue), { ...none, completed: 1, cancelled: 1, retrying: 1 });
  }));
