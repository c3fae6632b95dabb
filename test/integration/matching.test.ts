import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { readTimeline } from "../../src/queue/installs/timeline.ts";
import { createUnmatchedEvents } from "../../src/queue/matching/unmatched.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { boundData, installData, phoneId, retentionMs, type TestQueue, withQueue } from "./queue-fixture.ts";

const hourMs = 3_600_000;

/** Binds as a run that has lost its lock, so an event stays where it is. */
const bind = ({ matching }: TestQueue, installId = "i1", connectorId = "c1") =>
  matching.bind({ installId, connectorId, token: "lost", data: boundData(connectorId) });

/** Binds as the run that holds the install's lock. */
const bindLocked = async ({ client, keys, matching }: TestQueue) => {
  const [installId, connectorId, token] = ["i1", "c1", "the lock's"];
  await client.set(keys.lock(installId), token);
  return matching.bind({ installId, connectorId, token, data: boundData(connectorId) });
};

interface Event {
  readonly connectorId?: string;
  readonly channelId?: string;
  readonly status?: string;
}

/** Stores an event; no status counts as usable, as it does for Bird's. */
const arrive = (
  { matching }: TestQueue,
  { connectorId = "c1", channelId = "ch1", status = "active" }: Event = {},
) => {
  const isUsable = status === "active" || status === "";
  return matching.arrive({ connectorId, channelId, status, isUsable, workspaceId });
};

/** Takes as the run that holds the install's lock. */
const take = async ({ client, keys, matching }: TestQueue, connectorId = "c1") => {
  const [installId, token] = ["i1", "the lock's"];
  await client.set(keys.lock(installId), token);
  const { channel } = await matching.take({ connectorId, workspaceId, phoneId, installId, token });
  return channel;
};

/** Members of a sorted set with their scores. */
const scored = async ({ client }: TestQueue, key: string) => {
  const flat = await client.zrange(key, "0", "-1", "WITHSCORES");
  return Object.fromEntries(
    flat.flatMap((member, at) => (at % 2 === 0 ? [[member, Number(flat[at + 1])]] : [])),
  );
};

const dataOf = async ({ client, keys }: TestQueue, installId: string): Promise<unknown> =>
  JSON.parse((await client.hget(keys.job(installId), "data")) ?? "null");

const whatsOf = async ({ client, keys }: TestQueue, installId: string) =>
  readTimeline(await client.lrange(keys.logs(installId), 0, -1)).map(({ what }) => what);

test("bind before event: the event names the install to wake, and is taken once", () =>
  withQueue(async (queue) => {
    const { client, keys, matching, clock } = queue;
    await queue.add("i1");
    assert.deepEqual(await bind(queue), { kind: "bound", taken: undefined });
    assert.equal(await matching.hasNews({ installId: "i1", connectorId: "c1" }), false);
    assert.equal(await take(queue), undefined);

    assert.deepEqual(await arrive(queue), { result: "stored", wake: "i1" });
    assert.equal(await matching.hasNews({ installId: "i1", connectorId: "c1" }), true);
    assert.deepEqual(await scored(queue, keys.arrived), { c1: clock.now() });
    assert.deepEqual(await scored(queue, keys.unmatched), {});

    assert.deepEqual(await take(queue), channelOf("active", queue.clock.now()));
    assert.equal(await matching.hasNews({ installId: "i1", connectorId: "c1" }), false);
    assert.deepEqual(await take(queue), channelOf("active", queue.clock.now()));
    assert.deepEqual(await whatsOf(queue, "i1"), ["event from Bird matched"]);
    assert.equal(await client.hget(keys.connector("c1"), "at"), String(clock.now()));
  }));

/** A channel as taking it shows it. */
const channelOf = (status: string | undefined, arrivedAtMs: number, isUsable = true) => ({
  channelId: "ch1",
  status,
  isUsable,
  arrivedAtMs,
});

test("event before bind, by a run that has lost its lock: it is moved to the install, with its time of arrival", () =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    await queue.add("i1");
    const arrivedMs = clock.now();
    assert.deepEqual(await arrive(queue), { result: "stored", wake: undefined });
    assert.deepEqual(await scored(queue, keys.unmatched), { [`${workspaceId}:c1`]: arrivedMs });
    assert.deepEqual(await scored(queue, keys.arrived), {});
    assert.equal(
      await client.hget(keys.unmatchedEvent(workspaceId, "c1"), "origin"),
      JSON.stringify({ workspaceId }),
    );

    clock.move(5000);
    const taken = { channel: channelOf("active", arrivedMs), isCancelled: false, ownerId: "i1" };
    assert.deepEqual(await bind(queue), { kind: "bound", taken });
    assert.deepEqual(await scored(queue, keys.unmatched), {});
    assert.deepEqual(await scored(queue, keys.arrived), { c1: arrivedMs });
    assert.deepEqual(await take(queue), channelOf("active", arrivedMs));
    assert.deepEqual(await scored(queue, keys.arrived), {});
  }));

test("event before bind: the run that holds the lock takes it with the bind", () =>
  withQueue(async (queue) => {
    const { client, keys } = queue;
    const claim = keys.claim(workspaceId, phoneId);
    await client.set(claim, "i1");
    await queue.add("i1");
    await arrive(queue);
    const taken = { channel: channelOf("active", queue.clock.now()), isCancelled: false, ownerId: "i1" };
    assert.deepEqual(await bindLocked(queue), { kind: "bound", taken });
    assert.deepEqual([await scored(queue, keys.arrived), await scored(queue, keys.unmatched)], [{}, {}]);
    assert.deepEqual(await whatsOf(queue, "i1"), ["event from Bird matched"]);
    for (const key of [claim, keys.connector("c1")]) {
      const leftMs = await client.pttl(key);
      assert.ok(leftMs > retentionMs - 10_000 && leftMs <= retentionMs, `${key} ${leftMs}`);
    }
    assert.deepEqual(
      await take(queue),
      channelOf("active", queue.clock.now()),
      "a run that follows finds it again",
    );
  }));

test("event before bind: one that is not usable yet is taken, and its connector does not expire", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await arrive(queue, { status: "pending" });
    const channel = channelOf("pending", queue.clock.now(), false);
    const taken = { channel, isCancelled: false, ownerId: "i1" };
    assert.deepEqual(await bindLocked(queue), { kind: "bound", taken });
    assert.deepEqual(await scored(queue, queue.keys.arrived), {});
    assert.equal(await queue.client.pttl(queue.keys.connector("c1")), -1);
    assert.deepEqual(await arrive(queue), { result: "stored", wake: "i1" });
  }));

test("event before bind: a cancelled install takes nothing, says so, and leaves nothing of it for the sweep", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await queue.client.hset(queue.keys.job("i1"), "cancelAt", 1);
    await arrive(queue);
    const taken = { channel: channelOf("active", queue.clock.now()), isCancelled: true, ownerId: "i1" };
    assert.deepEqual(await bindLocked(queue), { kind: "bound", taken });
    const { arrived, unmatched } = queue.keys;
    assert.deepEqual([await scored(queue, arrived), await scored(queue, unmatched)], [{}, {}]);
    assert.deepEqual(await whatsOf(queue, "i1"), ["event from Bird after the end"]);
  }));

test("bug: an event that a cancelled install took is acknowledged and shown nowhere", () =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    await queue.add("i1");
    await bind(queue);
    await arrive(queue);
    await client.hset(keys.job("i1"), "cancelAt", 1);
    await take(queue);
    await take(queue);
    const at = new Date(clock.now()).toISOString();
    assert.deepEqual(readTimeline(await client.lrange(keys.logs("i1"), 0, -1)), [
      { at, what: "event from Bird after the end", channelId: "ch1" },
    ]);
  }));

test("bound and never posting again are one write: connector, data without the token, and the first place", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    const job = await queue.client.hgetall(queue.keys.job("i1"));
    assert.equal(job.bound, "1");
    assert.equal(job.priority, "1");
    assert.deepEqual(JSON.parse(job.data ?? ""), boundData("c1"));
    assert.doesNotMatch(JSON.stringify(job), /sealed-token/);
    assert.equal(await queue.client.hget(queue.keys.connector("c1"), "job"), "i1");
  }));

test("binding the same pair again is harmless and does not undo what the install has learned since", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    const learned = { ...boundData("c1"), waiting: { sinceMs: 1000, polls: 7 } };
    await queue.client.hset(queue.keys.job("i1"), "data", JSON.stringify(learned));
    assert.deepEqual(await bind(queue), { kind: "bound", taken: undefined });
    assert.deepEqual(await dataOf(queue, "i1"), learned);
  }));

test("a second connector for an install is refused, kept on its timeline and bound to no install", () =>
  withQueue(async (queue) => {
    const { client, keys } = queue;
    await queue.add("i1");
    await bind(queue);
    assert.deepEqual(await bind(queue, "i1", "c2"), { kind: "install_has_other", connectorId: "c1" });
    assert.deepEqual(await whatsOf(queue, "i1"), ["incident: Bird made a second connector"]);
    const [line] = readTimeline(await client.lrange(keys.logs("i1"), 0, -1));
    assert.equal(line?.connectorId, "c2");
    assert.deepEqual(await dataOf(queue, "i1"), boundData("c1"));
    assert.equal(await client.exists(keys.connector("c2")), 0);
  }));

test("a connector of another install is not taken from it", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await queue.add("i2");
    await bind(queue, "i1");
    assert.deepEqual(await bind(queue, "i2"), { kind: "connector_has_other", installId: "i1" });
    assert.deepEqual(await dataOf(queue, "i2"), installData());
    assert.equal(await queue.client.hexists(queue.keys.job("i2"), "bound"), 0);
    assert.equal(await queue.client.hget(queue.keys.connector("c1"), "job"), "i1");
  }));

test("a deleted install is not bound and not created again", () =>
  withQueue(async (queue) => {
    await arrive(queue);
    assert.deepEqual(await bind(queue, "gone"), { kind: "install_gone" });
    assert.equal(await queue.client.exists(queue.keys.job("gone")), 0);
    assert.equal(await queue.client.hget(queue.keys.connector("c1"), "job"), null);
    assert.deepEqual(Object.keys(await scored(queue, queue.keys.unmatched)), [`${workspaceId}:c1`]);
  }));

test("a repeated event wakes again until it is consumed, and not afterwards", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await arrive(queue);
    assert.deepEqual(await arrive(queue), { result: "duplicate", wake: "i1" });
    await take(queue);
    assert.deepEqual(await arrive(queue), { result: "duplicate", wake: undefined });
    assert.equal(await queue.matching.hasNews({ installId: "i1", connectorId: "c1" }), false);
  }));

test("a repeated event of an unknown connector stays where and when it was", () =>
  withQueue(async (queue) => {
    const arrivedMs = queue.clock.now();
    await arrive(queue);
    queue.clock.move(1000);
    assert.deepEqual(await arrive(queue), { result: "duplicate", wake: undefined });
    assert.deepEqual(await scored(queue, queue.keys.unmatched), { [`${workspaceId}:c1`]: arrivedMs });
  }));

test("another channel for the same connector is kept beside the first, which stands, and wakes no install", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await arrive(queue);
    await take(queue);
    assert.deepEqual(await arrive(queue, { channelId: "ch2" }), { result: "conflict", wake: undefined });
    const { channel, otherChannel } = await queue.client.hgetall(queue.keys.connector("c1"));
    assert.deepEqual([channel, otherChannel], ["ch1", "ch2"]);
    assert.equal(await queue.matching.hasNews({ installId: "i1", connectorId: "c1" }), false);
    assert.equal((await take(queue))?.channelId, "ch1");
  }));

test("a status that became usable is news, and is never taken back", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    assert.equal((await arrive(queue, { status: "pending" })).result, "stored");
    assert.deepEqual(await take(queue), channelOf("pending", queue.clock.now(), false));
    assert.deepEqual(await arrive(queue, { status: "pending" }), { result: "duplicate", wake: undefined });
    assert.deepEqual(await arrive(queue, { status: "review" }), { result: "stored", wake: "i1" });
    assert.deepEqual(await arrive(queue, { status: "active" }), { result: "stored", wake: "i1" });
    await take(queue);
    for (const status of ["pending", "review", "active", ""]) {
      assert.deepEqual(await arrive(queue, { status }), { result: "duplicate", wake: undefined });
    }
    assert.deepEqual(await take(queue), channelOf("active", queue.clock.now()));
  }));

test("an event without a status is stored as one, and read as none", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await arrive(queue, { status: "" });
    assert.deepEqual(await take(queue), channelOf(undefined, queue.clock.now()));
  }));

const ttlOf = ({ client, keys }: TestQueue, connectorId = "c1") => client.pttl(keys.connector(connectorId));

test("an orphan expires after the retention, and no longer once it is bound", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await arrive(queue);
    const orphanMs = await queue.client.pttl(queue.keys.unmatchedEvent(workspaceId, "c1"));
    assert.ok(orphanMs > retentionMs - 10_000 && orphanMs <= retentionMs, String(orphanMs));
    await bind(queue);
    assert.equal(await ttlOf(queue), -1);
  }));

test("an event whose install is gone is kept for a person with channel and status, and is taken by no run", () =>
  withQueue(async (queue) => {
    const { client, keys, matching } = queue;
    await queue.add("i1");
    await bind(queue);
    await arrive(queue, { channelId: "ch7", status: "pending" });
    await matching.markUnmatched(keys.home(), "c1");
    assert.deepEqual(await scored(queue, keys.arrived), {});
    const { items } = await createUnmatchedEvents({ client, keys }).list({ limit: 5 });
    assert.deepEqual(
      items.map(({ connectorId, channelId, channelStatus, conflict }) => [
        ...[connectorId, channelId, channelStatus, conflict],
      ]),
      [["c1", "ch7", "pending", "not_held"]],
    );
    await matching.markUnmatched(keys.home(), "c1");
    assert.equal((await createUnmatchedEvents({ client, keys }).list({ limit: 5 })).items.length, 1);
    assert.equal(await take(queue), undefined, "no run takes it any more");
  }));

test("a bound connector does not expire while its install waits, whatever events say", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    assert.equal(await ttlOf(queue), -1);
    await arrive(queue, { status: "pending" });
    assert.equal(await ttlOf(queue), -1);
    await take(queue);
    assert.equal(await ttlOf(queue), -1);
  }));

test("a usable channel that was taken ends the install, so connector and claim expire", () =>
  withQueue(async (queue) => {
    const claim = queue.keys.claim(workspaceId, phoneId);
    await queue.client.set(claim, "i1");
    await queue.add("i1");
    await bind(queue);
    await arrive(queue);
    assert.equal(await queue.client.pttl(claim), -1);
    await take(queue);
    for (const leftMs of [await ttlOf(queue), await queue.client.pttl(claim)]) {
      assert.ok(leftMs > retentionMs - 10_000 && leftMs <= retentionMs, String(leftMs));
    }
  }));

test("bug: connector and claim of an install completed by a look at Bird never expire", async () => {
  const faults = [{ fault: { kind: "event_never" } } as const];
  await withStack(
    { worker: { firstPollMs: 30 }, sandbox: { faults } },
    async ({ producer, client, keys }) => {
      const { install } = await producer.enqueue(installRequest());
      const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
      assert.equal(ended.completedBy, "poll");
      assert.notEqual(await client.pttl(keys.connector(ended.connectorId ?? "")), -1);
      assert.notEqual(await client.pttl(keys.claim(install.workspaceId, install.phoneId)), -1);
    },
  );
});

const bindAndPark = async (queue: TestQueue, token: string) => {
  const parkUntilMs = queue.clock.now() + hourMs;
  const data = boundData("c1");
  return queue.matching.bind({ installId: "i1", connectorId: "c1", token, data, parkUntilMs });
};

test("a bind without an event parks the install in the same instant, and the event wakes it in its own", () =>
  withQueue(async (queue) => {
    const { client, keys } = queue;
    await queue.add("i1");
    await queue.add("waiting");
    await queue.start("t1");
    assert.deepEqual(await bindAndPark(queue, "t1"), { kind: "parked" });
    assert.equal(await queue.queue.getJobState("i1"), "delayed");
    assert.equal(await client.exists(keys.lock("i1")), 0);
    const dueMs = Number(await client.zscore(keys.installsIn("delayed"), "i1")) / 4096;
    assert.equal(Math.floor(dueMs), queue.clock.now() + hourMs);
    assert.equal(await client.zscore(keys.statuses, "i1"), "1");

    assert.deepEqual(await arrive(queue), { result: "stored", wake: "i1", isWoken: true });
    assert.deepEqual(await arrive(queue), { result: "duplicate", wake: "i1" }, "it is about to run");
    assert.equal(await queue.start("t2"), "i1", "ahead of all that have no connector yet");
    assert.deepEqual(await take(queue), channelOf("active", queue.clock.now()));
  }));

test("a bind does not park an install that was cancelled, is another run's, or whose event is here", async () => {
  const none = { kind: "bound", taken: undefined };
  await withQueue(async (queue) => {
    await queue.add("i1");
    await queue.start("t1");
    await queue.client.hset(queue.keys.job("i1"), "cancelAt", 1);
    assert.deepEqual(await bindAndPark(queue, "t1"), none);
    assert.equal(await queue.queue.getJobState("i1"), "active");
  });
  await withQueue(async (queue) => {
    await queue.add("i1");
    await queue.start("t1");
    assert.deepEqual(await bindAndPark(queue, "another run's"), none);
    assert.equal(await queue.queue.getJobState("i1"), "active");
  });
  await withQueue(async (queue) => {
    await queue.add("i1");
    await queue.start("t1");
    await arrive(queue);
    assert.equal((await bindAndPark(queue, "t1")).kind, "bound");
    assert.equal(await queue.queue.getJobState("i1"), "active");
  });
});

test("waking moves a parked install ahead of all that have no connector yet", () =>
  withQueue(async (queue) => {
    await queue.add("waiting");
    await queue.add("i1", { delayMs: hourMs });
    await bind(queue);
    assert.equal(await queue.matching.wake("i1"), "woken");
    assert.equal(await queue.start("t1"), "i1");
    assert.equal(await queue.start("t2"), "waiting");
  }));

test("an install that runs or is about to looks by itself: waking it is no news", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    assert.equal(await queue.matching.wake("i1"), "busy");
    await queue.start("t");
    assert.equal(await queue.matching.wake("i1"), "busy");
    await queue.complete("i1", "t");
    assert.equal(await queue.matching.wake("i1"), "completed");
  }));

test("a failed install is healed by an event of its own connector, by running once more", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await queue.start("t1");
    await queue.fail("i1", "t1");
    assert.equal(await queue.queue.getJobState("i1"), "failed");
    assert.equal(await queue.matching.wake("i1"), "failed");
    assert.equal(await queue.matching.wake("i1", { eventOf: "c2" }), "not_owner");
    assert.equal(await queue.matching.wake("i1", { eventOf: "C1" }), "healed");
    assert.equal(await queue.matching.wake("i1", { eventOf: "c1" }), "busy");
    assert.equal(await queue.start("t2"), "i1");
  }));

test("of many who heal at once one does", () =>
  withQueue(async (queue) => {
    await queue.add("i1");
    await bind(queue);
    await queue.start("t1");
    await queue.fail("i1", "t1");
    const wakings = await Promise.all(
      Array.from({ length: 20 }, () => queue.matching.wake("i1", { eventOf: "c1" })),
    );
    assert.equal(wakings.filter((waking) => waking === "healed").length, 1);
    assert.ok(
      wakings.every((waking) => waking === "healed" || waking === "busy"),
      wakings.join(),
    );
  }));

test("an unknown install cannot be woken", () =>
  withQueue(async (queue) => {
    assert.equal(await queue.matching.wake("gone"), "gone");
  }));

const connectors = ["c1", "c2", "c3"];
const storedSchema = z.object({
  job: z.string().optional(),
  channel: z.string().optional(),
  usable: z.string().optional(),
});

const moveArbitrary = fc.oneof(
  fc.record({
    kind: fc.constant("bind" as const),
    connectorId: fc.constantFrom(...connectors),
    installId: fc.constantFrom("i1", "i2", "gone"),
  }),
  fc.record({
    kind: fc.constant("arrive" as const),
    connectorId: fc.constantFrom(...connectors),
    channelId: fc.constantFrom("ch1", "ch2"),
    status: fc.constantFrom("active", "pending", ""),
  }),
  fc.record({ kind: fc.constant("take" as const), connectorId: fc.constantFrom(...connectors) }),
);
type Move = typeof moveArbitrary extends fc.Arbitrary<infer T> ? T : never;

const play = (queue: TestQueue, move: Move): Promise<unknown> => {
  switch (move.kind) {
    case "bind":
      return bind(queue, move.installId, move.connectorId);
    case "arrive":
      return arrive(queue, move);
    case "take":
      return take(queue, move.connectorId);
  }
};

/** What is known of a connector, or of its event while no install has it. */
const read = async ({ client, keys }: TestQueue, connectorId: string) => {
  const owned = await client.hgetall(keys.connector(connectorId));
  const early = await client.hgetall(keys.unmatchedEvent(workspaceId, connectorId));
  assert.ok(!("channel" in owned && "channel" in early), "an event is in one place");
  return storedSchema.parse({ ...early, ...owned });
};

/** Plays a move; what was known of its connector stays so. */
const playAndCompare = async (queue: TestQueue, move: Move): Promise<void> => {
  const before = await read(queue, move.connectorId);
  await play(queue, move);
  const after = await read(queue, move.connectorId);
  assert.ok(before.job === undefined || after.job === before.job, "an install is never replaced");
  assert.ok(before.channel === undefined || after.channel === before.channel, "the first channel stands");
  assert.ok(before.usable !== "1" || after.usable === "1", "usable stays usable");
};

/** Every event is with its install, unmatched, or taken. */
const assertNothingLost = async (queue: TestQueue): Promise<void> => {
  const arrived = await scored(queue, queue.keys.arrived);
  const unmatched = await scored(queue, queue.keys.unmatched);
  for (const id of connectors) {
    const { job, channel } = await read(queue, id);
    assert.equal(
      `${workspaceId}:${id}` in unmatched,
      channel !== undefined && job === undefined,
      `${id} unmatched`,
    );
    if (id in arrived) assert.ok(job !== undefined && channel !== undefined, `${id} arrived`);
  }
};

const assertOneConnectorEach = async (queue: TestQueue): Promise<void> => {
  for (const installId of ["i1", "i2"]) {
    const isBound = await queue.client.hexists(queue.keys.job(installId), "bound");
    const known = await Promise.all(connectors.map((id) => read(queue, id)));
    assert.equal(known.filter(({ job }) => job === installId).length, isBound);
  }
};

test("in whatever order things happen, no event is lost, facts stand, and an install has one connector", () =>
  withQueue(async (queue) => {
    const { client, keys } = queue;
    const startAnew = async () => {
      const events = connectors.map((id) => keys.unmatchedEvent(workspaceId, id));
      await client.del(keys.arrived, keys.unmatched, keys.unmatchedOf(workspaceId), ...events);
      await client.del(...connectors.map((id) => keys.connector(id)));
      await client.del(keys.job("i1"), keys.job("i2"));
      await queue.add("i1");
      await queue.add("i2");
    };
    const moves = fc.array(moveArbitrary, { maxLength: 25 });
    await fc.assert(
      fc
        .asyncProperty(moves, async (played) => {
          for (const move of played) await playAndCompare(queue, move);
          await assertNothingLost(queue);
          await assertOneConnectorEach(queue);
        })
        .beforeEach(startAnew),
      { numRuns: 60 },
    );
  }));

test("a run that has lost its lock reads the event and leaves it for the sweep", () =>
  withQueue(async (queue) => {
    const { client, keys, matching } = queue;
    await queue.add("i1");
    await bind(queue);
    await arrive(queue);
    await client.set(keys.lock("i1"), "another's");
    const mine = { connectorId: "c1", workspaceId, phoneId, installId: "i1", token: "mine" };
    assert.equal((await matching.take(mine)).channel?.channelId, "ch1");
    assert.equal(await matching.hasNews({ installId: "i1", connectorId: "c1" }), true);
  }));
