import assert from "node:assert/strict";
import test from "node:test";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { workspaceId } from "../support/request.ts";
import { type TestQueue, withQueue } from "./queue-fixture.ts";

const baseMs = 100;
const capMs = 1000;
const other = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";

const holdsOf = ({ client, keys, clock }: TestQueue) =>
  createHolds({ client, keys, baseMs, capMs, now: clock.now });

test("a workspace without a hold is not held", () =>
  withQueue(async (queue) => {
    assert.equal(await holdsOf(queue).find(workspaceId), undefined);
  }));

test("each refusal of the key holds for twice as long as the one before, up to the cap", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    const pausesMs: number[] = [];
    for (let refusal = 0; refusal < 7; refusal += 1) {
      const { untilMs, reason } = await holds.holdUnauthorized(workspaceId);
      assert.equal(reason, "unauthorized");
      pausesMs.push(untilMs - queue.clock.now());
      queue.clock.move(untilMs - queue.clock.now());
    }
    assert.deepEqual(pausesMs, [100, 200, 400, 800, 1000, 1000, 1000]);
  }));

test("of many runs that meet the same refusal only the first lengthens the pause", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    const met = await Promise.all(Array.from({ length: 30 }, () => holds.holdUnauthorized(workspaceId)));
    const untilMs = queue.clock.now() + baseMs;
    for (const hold of met) assert.deepEqual(hold, { reason: "unauthorized", untilMs });
    queue.clock.move(baseMs);
    assert.equal((await holds.holdUnauthorized(workspaceId)).untilMs, queue.clock.now() + 2 * baseMs);
  }));

test("a hold ends by itself at its time, not before", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    const hold = await holds.holdFor(workspaceId, 500);
    queue.clock.move(499);
    assert.deepEqual(await holds.find(workspaceId), { ...hold, sinceMs: hold.untilMs - 500 });
    queue.clock.move(1);
    assert.equal(await holds.find(workspaceId), undefined);
  }));

test("of several Retry-After the one that ends last stands", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    const nowMs = queue.clock.now();
    assert.deepEqual(await holds.holdFor(workspaceId, 5000), {
      reason: "rate_limited",
      untilMs: nowMs + 5000,
    });
    queue.clock.move(1000);
    assert.equal((await holds.holdFor(workspaceId, 10)).untilMs, nowMs + 5000);
    assert.equal((await holds.holdFor(workspaceId, 4001)).untilMs, nowMs + 5001);
    assert.equal((await holds.find(workspaceId))?.untilMs, nowMs + 5001);
  }));

test("a fraction of a millisecond is rounded up: no call comes early", () =>
  withQueue(async (queue) => {
    const { untilMs } = await holdsOf(queue).holdFor(workspaceId, 10.2);
    assert.equal(untilMs, queue.clock.now() + 11);
  }));

test("a refused key while Bird wants it slower waits for that hold, and no longer", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    const slow = await holds.holdFor(workspaceId, 500);
    assert.deepEqual(await holds.holdUnauthorized(workspaceId), slow);
    queue.clock.move(500);
    assert.deepEqual(await holds.holdUnauthorized(workspaceId), {
      reason: "unauthorized",
      untilMs: queue.clock.now() + baseMs,
    });
  }));

test("a workspace that was only slowed down meanwhile had a good key: its pauses restart", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    for (const hold of [
      holds.holdUnauthorized,
      holds.holdUnauthorized,
      () => holds.holdFor(workspaceId, 10),
    ]) {
      const { untilMs } = await hold(workspaceId);
      queue.clock.move(untilMs - queue.clock.now());
    }
    assert.equal((await holds.holdUnauthorized(workspaceId)).untilMs, queue.clock.now() + baseMs);
  }));

test("slowing down never cuts the hold of a refused key short", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    const { untilMs } = await holds.holdUnauthorized(workspaceId);
    assert.equal((await holds.holdFor(workspaceId, 1)).untilMs, untilMs);
  }));

test("a released workspace is free at once, and its pauses restart", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    for (let refusal = 0; refusal < 3; refusal += 1) {
      const { untilMs } = await holds.holdUnauthorized(workspaceId);
      queue.clock.move(untilMs - queue.clock.now());
    }
    await holds.holdUnauthorized(workspaceId);
    await holds.release(workspaceId);
    assert.equal(await holds.find(workspaceId), undefined);
    assert.equal((await holds.holdUnauthorized(workspaceId)).untilMs, queue.clock.now() + baseMs);
  }));

test("holding one workspace leaves another alone", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    await holds.holdUnauthorized(workspaceId);
    await holds.holdFor(workspaceId, 5000);
    assert.equal(await holds.find(other), undefined);
    assert.equal((await holds.holdUnauthorized(other)).untilMs, queue.clock.now() + baseMs);
    await holds.release(other);
    assert.notEqual(await holds.find(workspaceId), undefined);
  }));

test("a hold leaves Redis by itself, but not before a next refusal could grow it, a minute at least", () =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    for (const [longestMs, rememberedMs] of [
      [90_000, 180_000],
      [20, 60_000],
    ] as const) {
      const holds = createHolds({ client, keys, baseMs: 20, capMs: longestMs, now: clock.now });
      const { untilMs } = await holds.holdUnauthorized(workspaceId);
      const expiresMs = await client.pexpiretime(keys.hold(workspaceId));
      assert.equal(expiresMs, untilMs + rememberedMs);
      await holds.release(workspaceId);
    }
  }));

test("bug: a Retry-After of thirty years holds a workspace for thirty years", () =>
  withQueue(async (queue) => {
    const { untilMs } = await holdsOf(queue).holdFor(workspaceId, 999_999_999_000);
    assert.ok(untilMs - queue.clock.now() <= 24 * 3_600_000, "no longer than an install may be throttled");
  }));

test("bug: a 429 replaces the refused key that a workspace is held for, and its pauses restart", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    await holds.holdUnauthorized(workspaceId);
    queue.clock.move(baseMs);
    const { untilMs } = await holds.holdUnauthorized(workspaceId);
    assert.deepEqual(await holds.holdFor(workspaceId, 5000), {
      reason: "unauthorized",
      untilMs: queue.clock.now() + 5000,
    });
    assert.ok(untilMs < queue.clock.now() + 5000);
    const { client, keys } = queue;
    assert.equal(await client.zscore(keys.heldWorkspaces("rate_limited"), workspaceId), null);
    queue.clock.move(5000);
    assert.equal((await holds.holdUnauthorized(workspaceId)).untilMs, queue.clock.now() + 4 * baseMs);
  }));

test("a workspace is listed by the reason it is held for, and those whose pause is over leave the list", () =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    const holds = holdsOf(queue);
    const listed = async (reason: "unauthorized" | "rate_limited") =>
      client.zrange(keys.heldWorkspaces(reason), "0", "-1");
    await holds.holdUnauthorized(workspaceId);
    const { untilMs } = await holds.holdUnauthorized(other);
    assert.equal(await client.zscore(keys.heldWorkspaces("unauthorized"), other), String(untilMs));
    assert.deepEqual((await listed("unauthorized")).toSorted(), [workspaceId, other].toSorted());
    clock.move(baseMs);
    await holds.holdFor(workspaceId, 500);
    assert.deepEqual([await listed("unauthorized"), await listed("rate_limited")], [[other], [workspaceId]]);
    clock.move(500);
    await holds.holdUnauthorized(workspaceId);
    assert.deepEqual([await listed("unauthorized"), await listed("rate_limited")], [[workspaceId], []]);
  }));

test("a Retry-After of nothing holds for nothing, and does not end the hold of a refused key", () =>
  withQueue(async (queue) => {
    const holds = holdsOf(queue);
    const hold = await holds.holdUnauthorized(workspaceId);
    assert.deepEqual(await holds.holdFor(workspaceId, 0), hold);
    assert.deepEqual(await holds.holdFor(other, 0), { reason: "rate_limited", untilMs: queue.clock.now() });
  }));
