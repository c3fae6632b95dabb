import assert from "node:assert/strict";
import test from "node:test";
import { amendInstall, createInstallStore, LockLostError } from "../../src/queue/installs/store.ts";
import { readTimeline } from "../../src/queue/installs/timeline.ts";
import { workspaceId } from "../support/request.ts";
import { boundData, installData, phoneId, retentionMs, type TestQueue, withQueue } from "./queue-fixture.ts";

const hourMs = 3_600_000;
const changed = installData({ attempts: 3 });
const failed = { ...changed, failure: { code: "internal" as const } };

const storeOf = ({ client, queues, keys, clock }: TestQueue) =>
  createInstallStore({ client, queues, keys, retentionMs, now: clock.now });

const jobOf = async ({ client, keys }: TestQueue) => {
  const { data = "null" } = await client.hgetall(keys.job("i1"));
  const parsed: unknown = JSON.parse(data);
  return { data: parsed, log: readTimeline(await client.lrange(keys.logs("i1"), 0, -1)) };
};

const amend = ({ client, keys }: TestQueue) =>
  amendInstall(client, {
    job: keys.job("i1"),
    lock: keys.lock("i1"),
    logs: keys.logs("i1"),
    statuses: keys.statuses,
    installId: "i1",
    token: "mine",
    data: JSON.stringify(changed),
    entry: "a line",
    isBound: 0,
    what: "a line",
    score: 2,
  });

const untouched = { data: installData(), log: [] };

test("data and timeline are written by the run that holds the lock", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await queue.start("mine");
    assert.equal(await amend(queue), 1);
    assert.deepEqual(await jobOf(queue), { data: changed, log: [{ at: "", what: "a line" }] });
  }));

for (const [what, lose] of [
  ["the lock has run out", ({ client, keys }: TestQueue) => client.del(keys.lock("i1"))],
  ["another run has the lock", ({ client, keys }: TestQueue) => client.set(keys.lock("i1"), "theirs")],
] as const) {
  test(`nothing is written when ${what}`, () =>
    withQueue(async (queue) => {
      await queue.add("i1");
      await queue.start("mine");
      await lose(queue);
      assert.equal(await amend(queue), 0);
      assert.deepEqual(await jobOf(queue), untouched);
    }));

  test(`a run neither parks nor fails its install when ${what}`, () =>
    withQueue(async (queue) => {
      const store = storeOf(queue);
      const write = { installId: "i1", token: "mine", untilMs: queue.clock.now() + hourMs };
      await queue.add("i1");
      await queue.start("mine");
      await queue.client.set(queue.keys.claim(workspaceId, phoneId), "i1");
      await lose(queue);
      await assert.rejects(store.park(write), LockLostError);
      await assert.rejects(store.park({ ...write, data: changed }), LockLostError);
      await assert.rejects(store.park({ ...write, data: changed, what: "waits" }), LockLostError);
      await assert.rejects(store.fail({ ...write, data: failed }), LockLostError);
      assert.deepEqual(await jobOf(queue), untouched);
      assert.equal(await queue.queue.getJobState("i1"), "active");
      assert.equal(await queue.client.pttl(queue.keys.claim(workspaceId, phoneId)), -1);
    }));
}

test("nothing is written for an install that is gone", () =>
  withQueue(async (queue) => {
    const store = storeOf(queue);
    await assert.rejects(store.park({ installId: "gone", token: "t", untilMs: 0 }), LockLostError);
    await assert.rejects(store.fail({ installId: "gone", token: "t", data: failed }), LockLostError);
    assert.equal(await queue.client.exists(queue.keys.job("gone"), queue.keys.logs("gone")), 0);
  }));

test("a parked install is delayed until its time, with its new data and one line on its timeline", () =>
  withQueue(async (queue) => {
    const untilMs = queue.clock.now() + hourMs;
    await queue.add("i1");
    await queue.start("mine");
    await storeOf(queue).park({ installId: "i1", token: "mine", untilMs, data: changed, what: "waits" });
    assert.equal(await queue.queue.getJobState("i1"), "delayed");
    const job = await queue.queue.getJob("i1");
    assert.equal(job?.delay, hourMs);
    assert.equal(job.attemptsMade, 0, "it costs no attempt");
    const { data, log } = await jobOf(queue);
    assert.deepEqual(data, changed);
    const at = new Date(queue.clock.now()).toISOString();
    assert.deepEqual(log, [{ at, what: "waits", next: new Date(untilMs).toISOString() }]);
    assert.equal(await queue.client.exists(queue.keys.lock("i1")), 0);
  }));

test("parking without a word writes no line, and without data changes none", () =>
  withQueue(async (queue) => {
    const store = storeOf(queue);
    await queue.add("i1");
    await queue.start("t1");
    await store.park({ installId: "i1", token: "t1", untilMs: 0 });
    assert.deepEqual(await jobOf(queue), untouched);
    await queue.matching.wake("i1");
    await queue.start("t2");
    await store.park({ installId: "i1", token: "t2", untilMs: 0, data: changed });
    assert.deepEqual(await jobOf(queue), { data: changed, log: [] });
  }));

test("an install that fails says why", () =>
  withQueue(async (queue) => {
    const data = { ...boundData("c1"), failure: { code: "channel_timeout" as const } };
    await queue.add("i1");
    await queue.start("mine");
    await storeOf(queue).fail({ installId: "i1", token: "mine", data });
    const { data: stored, log } = await jobOf(queue);
    assert.deepEqual(stored, data);
    assert.match(log[0]?.what ?? "", /^failed: Bird made the connector but no channel/);
  }));

test("what is kept for an install that has ended expires, but not the claim of who came after it", () =>
  withQueue(async (queue) => {
    const { client, keys, matching } = queue;
    const claim = keys.claim(workspaceId, phoneId);
    await queue.add("i1");
    await client.set(claim, "i1");
    await matching.bind({ installId: "i1", connectorId: "c1", token: "lost", data: boundData("c1") });
    const ended = { connectorId: "c1", workspaceId, phoneId, installId: "i1" };
    await matching.release(ended);
    for (const key of [claim, keys.connector("c1")]) {
      const leftMs = await client.pttl(key);
      assert.ok(leftMs > retentionMs - 10_000 && leftMs <= retentionMs, `${key} ${leftMs}`);
    }
    await client.set(claim, "i2 i1");
    await matching.release(ended);
    assert.equal(await client.pttl(claim), -1);
  }));

test("a run that took over does not undo what the one before it bound meanwhile: the install comes again at once", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await queue.start("mine");
    await queue.matching.bind({ installId: "i1", connectorId: "c1", token: "lost", data: boundData("c1") });
    const store = storeOf(queue);
    const failed = { ...changed, failure: { code: "bird_unavailable" as const } };
    assert.equal(await store.fail({ installId: "i1", token: "mine", data: failed }), false);
    await store.park({ installId: "i1", token: "mine", untilMs: queue.clock.now() + hourMs, data: changed });
    assert.deepEqual((await jobOf(queue)).data, boundData("c1"));
    assert.equal(await queue.start("next"), "i1");
  }));
