import assert from "node:assert/strict";
import test from "node:test";
import { createReadBudget } from "../../src/queue/gate/budget.ts";
import { createGate, type Passage } from "../../src/queue/gate/gate.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { idInShard } from "../../src/queue/keyspace/shards.ts";
import { workspaceId } from "../support/request.ts";
import { phoneId, type TestQueue, withQueue } from "./queue-fixture.ts";

const otherWorkspaceId = "11111111-7d1a-4f0e-9c55-3a1f0f6f4d10";
const phoneNumber = "+14155550123";

const gateOf = ({ client, keys, clock }: TestQueue, change: { perSecond?: number; max?: number } = {}) =>
  createGate({
    client,
    keys,
    postBudget: { perSecond: change.perSecond ?? 1000 },
    numberMaxCreates: change.max ?? 1000,
    numberWindowMs: 60_000,
    now: clock.now,
  });

const create = (
  installId: string,
  token: string,
  change: {
    workspaceId?: string;
    phoneId?: string;
    slotMs?: number;
    phoneNumber?: string;
    band?: "interactive" | "bulk";
    batchId?: string;
    canary?: boolean;
  } = {},
) => ({
  installId,
  token,
  runNumber: 1,
  workspaceId: change.workspaceId ?? workspaceId,
  phoneId: change.phoneId ?? phoneId,
  phoneNumber: change.phoneNumber ?? phoneNumber,
  slotMs: change.slotMs,
  band: change.band ?? "bulk",
  batchId: change.batchId,
  canary: change.canary,
});

/** One install that a run holds by `token`. */
const running = async (queue: TestQueue): Promise<{ installId: string; token: string }> => {
  await queue.add("install-1");
  return { installId: await queue.start("token-1"), token: "token-1" };
};

test("the latest run that passed is remembered, and one that did not pass is not", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue);
    assert.equal(await gate.lastPassed(installId), undefined);
    await gate.ask({ ...create(installId, "another"), runNumber: 7 });
    assert.equal(await gate.lastPassed(installId), undefined, "the lock was lost");
    for (const runNumber of [2, 11]) {
      const beforeMs = queue.clock.now();
      await gate.ask({ ...create(installId, token), runNumber });
      const passed = await gate.lastPassed(installId);
      assert.equal(passed?.runNumber, runNumber);
      assert.ok(passed.atMs >= beforeMs && passed.atMs <= queue.clock.now());
    }
    await gate.ask({ ...create(installId, token, { slotMs: queue.clock.now() + 60_000 }), runNumber: 12 });
    assert.equal((await gate.lastPassed(installId))?.runNumber, 11, "it waits for its place in the budget");
  });
});

test("the run that holds the lock may send, for as long as the lock lasts", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const passage = await gateOf(queue).ask(create(installId, token));
    assert.equal(passage.kind, "go");
    assert.ok(passage.kind === "go" && passage.lockMs > 1000 && passage.lockMs <= 30_000);
    assert.equal(passage.isProbe, undefined, "no hold is tried");
  });
});

test("a run without the lock may not, and its create is not counted", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue, { max: 1 });
    assert.deepEqual(await gate.ask(create(installId, "another")), { kind: "lock_lost" });
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
  });
});

test("a held workspace stops its installs and no other's", async () => {
  await withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    const { installId, token } = await running(queue);
    const holds = createHolds({ client, keys, baseMs: 1000, capMs: 8000, now: clock.now });
    const hold = await holds.holdUnauthorized(workspaceId);
    const gate = gateOf(queue);
    assert.deepEqual(await gate.ask(create(installId, token)), { kind: "held", hold });
    const other = await gate.ask(create(installId, token, { workspaceId: otherWorkspaceId }));
    assert.equal(other.kind, "go");
    clock.move(1001);
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
  });
});

test("a number is created as often as its budget allows, over all installs, and again when the window has passed", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue, { max: 2 });
    const firstMs = queue.clock.now();
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
    queue.clock.move(1000);
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
    const exhausted = { kind: "exhausted", nextAtMs: firstMs + 60_000 } as const;
    assert.deepEqual(await gate.ask(create(installId, token)), exhausted);
    const similar = create(installId, token, { phoneNumber: "+34600000123" });
    assert.equal((await gate.ask(similar)).kind, "go", "another number of the same ending");
    queue.clock.move(58_999);
    assert.deepEqual(await gate.ask(create(installId, token)), exhausted, "a millisecond too early");
    queue.clock.move(1);
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
    assert.equal(
      (await gate.ask(create(installId, token))).kind,
      "exhausted",
      "only one had left the window",
    );
    queue.clock.move(999);
    assert.equal((await gate.ask(create(installId, token))).kind, "exhausted");
    queue.clock.move(1);
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
  });
});

test("a create that Bird clearly refused does not count", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue, { max: 1 });
    for (const _ of [1, 2, 3]) {
      const passage = await gate.ask(create(installId, token));
      assert.ok(passage.kind === "go");
      await gate.takeBack(passage.create);
    }
    const counted = await gate.ask(create(installId, token));
    assert.ok(counted.kind === "go");
    await gate.takeBack({ ...counted.create, phoneNumber: "+34600000123" });
    assert.equal(
      (await gate.ask(create(installId, token))).kind,
      "exhausted",
      "another number's was taken back",
    );
  });
});

test("bug: creates for other workspaces with phone ids of their own used up what a number had left", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue, { max: 2 });
    const ask = async (workspace: string, itsPhoneId: string): Promise<string> =>
      (await gate.ask(create(installId, token, { workspaceId: workspace, phoneId: itsPhoneId }))).kind;
    for (const n of [1, 2, 3, 4, 5]) assert.equal(await ask(`foreign-${n}`, `9999${n}`), "go");
    assert.equal(await ask(workspaceId, phoneId), "go");
    assert.equal(await ask(otherWorkspaceId, phoneId), "go", "the phone id's second");
    assert.equal(await ask("third", phoneId), "exhausted", "over all workspaces");
    assert.equal(await ask(workspaceId, "77777"), "go", "the workspace's second");
    assert.equal(await ask(workspaceId, "88888"), "exhausted", "whatever the phone id");
  });
});

test("a create that was counted without phone id and workspace counts for all", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const { client, clock, keys } = queue;
    const gate = gateOf(queue, { max: 2 });
    const nowMs = clock.now();
    const creates = keys.home().creates(Math.floor(nowMs / 60_000), phoneNumber);
    await client.hset(creates, phoneNumber, `${nowMs} ${nowMs}`);
    const exhausted = { kind: "exhausted", nextAtMs: nowMs + 60_000 };
    assert.deepEqual(await gate.ask(create(installId, token)), exhausted);
    clock.move(60_000);
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
  });
});

test("a workspace's POST budget lets a burst through, then reserves one place after the other", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue, { perSecond: 10 });
    const startMs = queue.clock.now();
    const passages: Passage[] = [];
    const kept = queue.keys.budget("post-kept", workspaceId);
    for (let n = 0; n < 2; n += 1) passages.push(await gate.ask(create(installId, token)));
    assert.equal(
      await queue.client.exists(kept),
      0,
      "what is kept is not taken while there are other places",
    );
    for (let n = 0; n < 2; n += 1) passages.push(await gate.ask(create(installId, token)));
    assert.deepEqual(
      passages.map(({ kind }) => kind),
      ["go", "go", "go", "wait"],
    );
    const slots = passages.map((passage) => (passage.kind === "wait" ? passage.slotMs - startMs : 0));
    // Two places at once of the eight a second, one of the two that are kept; then one every 125 ms.
    assert.deepEqual(slots, [0, 0, 0, 125]);

    const early = await gate.ask(create(installId, token, { slotMs: startMs + 125 }));
    assert.deepEqual(early, { kind: "wait", slotMs: startMs + 125 }, "not before its place");
    queue.clock.move(125);
    const inTime = await gate.ask(create(installId, token, { slotMs: startMs + 125 }));
    assert.equal(inTime.kind, "go", "a reserved place is not asked for again");
    const other = await gate.ask(create(installId, token, { workspaceId: otherWorkspaceId }));
    assert.equal(other.kind, "go", "another workspace has a budget of its own");
  });
});

test("a batch that takes all places leaves a share of the POST budget to single installs", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue, { perSecond: 100 });
    const startMs = queue.clock.now();
    const ask = async (band: "interactive" | "bulk"): Promise<number> => {
      const passage = await gate.ask(create(installId, token, { band }));
      return passage.kind === "wait" ? passage.slotMs - startMs : 0;
    };
    // All at once: a budget nobody asks of is forgotten after a second of Redis's time, and the test's clock stands.
    const bulk = await Promise.all(Array.from({ length: 500 }, () => ask("bulk")));
    assert.equal(bulk.filter((waitMs) => waitMs === 0).length, 25, "a quarter of the rate at once");
    assert.ok((bulk.at(-1) ?? 0) > 5000, "a batch waits for its own places");
    const single = [await ask("interactive"), await ask("interactive"), await ask("interactive")];
    assert.deepEqual(single, [50, 100, 150], "single installs wait for the kept ones only");
    const second = bulk.filter((waitMs) => waitMs > 0 && waitMs <= 1000).length;
    assert.equal(second, 80, "both together never pass the rate");
  });
});

test("a read budget can be looked at without taking from it", async () => {
  await withQueue(async ({ client, keys, clock }) => {
    const budget = createReadBudget({ client, keys, budget: { perSecond: 4 }, now: clock.now });
    for (const _ of [1, 2, 3]) assert.equal(await budget.peek(workspaceId), 0);
    assert.equal(await budget.take(workspaceId), 0);
    assert.equal(await budget.peek(workspaceId), 250);
    assert.equal(await budget.take(workspaceId), 250);
    assert.equal(await budget.take(workspaceId), 500);
    assert.equal(await budget.peek(otherWorkspaceId), 0);
    clock.move(750);
    assert.equal(await budget.peek(workspaceId), 0);
  });
});

test("a number that another install stands for is not created; a claim that has expired stops nothing", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue, { max: 2 });
    const claim = queue.keys.ofInstall(installId).claim(workspaceId, phoneId);
    await queue.client.set(claim, "install-2 install-1");
    assert.deepEqual(await gate.ask(create(installId, token)), { kind: "replaced", byId: "install-2" });
    await queue.client.set(claim, `${installId} install-0`);
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
    await queue.client.del(claim);
    // The one that was stopped was not counted.
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
  });
});

test("a cancelled install is not sent, and not counted", async () => {
  await withQueue(async (queue) => {
    const { client, keys } = queue;
    const { installId, token } = await running(queue);
    const gate = gateOf(queue, { max: 1 });
    assert.equal(await gate.isCancelled(installId), false);
    await client.hset(keys.job(installId), { cancelAt: 1 });
    assert.equal(await gate.isCancelled(installId), true);
    assert.deepEqual(await gate.ask(create(installId, token)), { kind: "cancelled" });
    await client.hdel(keys.job(installId), "cancelAt");
    assert.equal((await gate.ask(create(installId, token))).kind, "go");
  });
});

const batchId = "01JGFJJZ00000000000000000B";

for (const { when, batch, inBatch, inCanary } of [
  { when: "runs", batch: { name: "numbers.csv" }, inBatch: "go", inCanary: "go" },
  { when: "is paused", batch: { pausedAt: 5 }, inBatch: "paused", inCanary: "paused" },
  { when: "waits for its canary", batch: { isCanary: 1 }, inBatch: "paused", inCanary: "go" },
  {
    when: "is cancelled",
    batch: { cancelledAt: 5, pausedAt: 4 },
    inBatch: "cancelled",
    inCanary: "cancelled",
  },
]) {
  test(`of a batch that ${when} an install is answered ${inBatch}, one of its canary ${inCanary}, another goes`, async () => {
    await withQueue(async (queue) => {
      const { client, keys } = queue;
      const { installId, token } = await running(queue);
      await client.hset(keys.batch(batchId), batch);
      const gate = gateOf(queue);
      const kindOf = async (change: { batchId?: string; canary?: boolean }) =>
        (await gate.ask(create(installId, token, change))).kind;
      assert.equal(await kindOf({}), "go", "of no batch");
      assert.equal(await kindOf({ batchId: "01JGFJJZ00000000000000000C" }), "go", "of another batch");
      assert.equal(await kindOf({ batchId }), inBatch);
      const cancelAt = await client.hget(keys.job(installId), "cancelAt");
      assert.equal(cancelAt, inBatch === "cancelled" ? "5" : null, "its job says so too");
      await client.hdel(keys.job(installId), "cancelAt");
      assert.equal(await kindOf({ batchId, canary: false }), inBatch);
      await client.hdel(keys.job(installId), "cancelAt");
      assert.equal(await kindOf({ batchId, canary: true }), inCanary);
    });
  });
}

test("after the pause of a hold one install tries; the others are held until it must be answered", async () => {
  await withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    await queue.add("install-1");
    await queue.add("install-2");
    const [first, second] = [await queue.start("token-1"), await queue.start("token-2")];
    const holds = createHolds({ client, keys, baseMs: 1000, capMs: 8000, now: clock.now });
    const gate = gateOf(queue);
    const { untilMs } = await holds.holdFor(workspaceId, 1000);
    clock.move(999);
    assert.equal((await gate.ask(create(first, "token-1"))).kind, "held");
    clock.move(1);
    const passage = await gate.ask(create(first, "token-1"));
    assert.ok(passage.kind === "go" && passage.isProbe === true);
    const probeUntilMs = untilMs + 2 * passage.lockMs;
    const held = { kind: "held", hold: { reason: "rate_limited", untilMs: probeUntilMs } };
    assert.deepEqual(await gate.ask(create(second, "token-2")), held);
    const again = await gate.ask(create(first, "token-1"));
    assert.ok(again.kind === "go" && again.isProbe === true, "the one that tries may try again");
    await client.hset(keys.hold(workspaceId), { probeUntil: probeUntilMs });
    clock.move(probeUntilMs - 1 - clock.now());
    assert.deepEqual(await gate.ask(create(second, "token-2")), held, "a millisecond early");
    clock.move(1);
    const other = await gate.ask(create(second, "token-2"));
    assert.ok(other.kind === "go" && other.isProbe === true, "the first must be over");
    assert.equal(await client.hget(keys.hold(workspaceId), "probe"), second);
  });
});

test("an install that comes two milliseconds before its place, as BullMQ may move it, is sent", async () => {
  await withQueue(async (queue) => {
    const { installId, token } = await running(queue);
    const gate = gateOf(queue);
    const nowMs = queue.clock.now();
    assert.equal((await gate.ask(create(installId, token, { slotMs: nowMs + 2 }))).kind, "go");
    const slotMs = nowMs + 3;
    assert.deepEqual(await gate.ask(create(installId, token, { slotMs })), { kind: "wait", slotMs });
  });
});

test("of equal creates one is taken back at a time, and nothing stays of a number without creates", async () => {
  await withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    const { installId, token } = await running(queue);
    const gate = gateOf(queue);
    const creates = keys.home().creates(Math.floor(clock.now() / 60_000), phoneNumber);
    const passages = [await gate.ask(create(installId, token)), await gate.ask(create(installId, token))];
    const [first, second] = passages.flatMap((passage) => (passage.kind === "go" ? [passage.create] : []));
    assert.ok(first && second);
    const entry = `${first.atMs}:${first.by}`;
    assert.equal(await client.hget(creates, phoneNumber), `${entry} ${entry}`);
    await gate.takeBack(first);
    assert.equal(await client.hget(creates, phoneNumber), entry);
    const keptMs = await client.pttl(creates);
    assert.ok(keptMs > 120_000 && keptMs <= 180_000, "for this window and the next, whenever it began");
    await gate.takeBack(second);
    assert.equal(await client.hexists(creates, phoneNumber), 0);
  });
});

test("a number's creates are counted over all shards, and one of another shard has what its lock leaves then", async () => {
  await withQueue(async (queue) => {
    const { client, clock } = queue;
    const keys = createKeys(queue.keys.prefix, 3);
    const [token, ulid] = ["token-1", "01JGFJJZ00000000000000000A"];
    const ids = [0, 1, 2].map((shard) => idInShard(ulid, shard));
    for (const id of ids) await client.set(keys.ofInstall(id).lock(id), token, "PX", 20_000);
    const gate = gateOf({ ...queue, keys }, { max: 2 });
    const ask = (id: string) => gate.ask(create(id, token));
    const firstMs = clock.now();
    const [home = "", other = "", third = ""] = ids;
    const passage = await ask(other);
    assert.ok(passage.kind === "go" && passage.lockMs > 15_000 && passage.lockMs < 20_000);
    clock.move(1);
    assert.equal((await ask(third)).kind, "go");
    const exhausted = { kind: "exhausted", nextAtMs: firstMs + 60_000 };
    assert.deepEqual(await ask(other), exhausted);
    assert.deepEqual(await ask(home), exhausted);
    await gate.takeBack(passage.create);
    assert.equal((await ask(home)).kind, "go");
    assert.equal((await gate.ask(create(third, token, { phoneNumber: "+34600000123" }))).kind, "go");
    for (const id of ids) assert.equal((await ask(id)).kind, "exhausted");
    const counts = keys.shards.map((shard) => shard.creates(Math.floor(firstMs / 60_000), phoneNumber));
    assert.deepEqual(await Promise.all(counts.map((key) => client.exists(key))), [1, 0, 0], "in the home");
  });
});

test("an install of another shard that tries whether a hold is over says so", async () => {
  await withQueue(async (queue) => {
    const { client, clock } = queue;
    const keys = createKeys(queue.keys.prefix, 2);
    const [token, id] = ["token-1", idInShard("01JGFJJZ00000000000000000A", 1)];
    const shard = keys.ofInstall(id);
    await client.set(shard.lock(id), token, "PX", 20_000);
    await client.hset(shard.hold(workspaceId), { until: clock.now(), reason: "rate_limited" });
    const gate = gateOf({ ...queue, keys }, { max: 1 });
    assert.partialDeepStrictEqual(await gate.ask(create(id, token)), { kind: "go", isProbe: true });
    const second = await gate.ask(create(id, token));
    assert.deepEqual(Object.keys(second).toSorted(), ["kind", "nextAtMs"], "exhausted, and tries nothing");
  });
});
