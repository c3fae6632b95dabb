import assert from "node:assert/strict";
import test from "node:test";
import type { ReadResult } from "../../../src/bird/answers.ts";
import type { Channel } from "../../../src/bird/channels.ts";
import { createLog } from "../../../src/log.ts";
import { createLearnConnector } from "../../../src/worker/errands/learn-connector.ts";

const errand = { kind: "find_connector", workspaceId: "w1", channelId: "ch1", status: "active" } as const;

const learn = (
  read: ReadResult<Channel>,
  change: {
    readonly heldUntilMs?: number;
    readonly waitMs?: number;
    /** How long the workspace's GET budget is used up, ms. */
    readonly readWaitMs?: number;
    /** The install that an event's connector belongs to. */
    readonly ownerId?: string;
  } = {},
) => {
  const kept: string[] = [];
  const bodies: unknown[] = [];
  const arrived: unknown[] = [];
  const woken: unknown[] = [];
  const lines: string[] = [];
  let reads = 0;
  let turns = 0;
  const clock = { nowMs: 1000 };
  const done: unknown[] = [];
  const run = createLearnConnector({
    channels: {
      get: async (workspaceId, channelId) => {
        assert.deepEqual([workspaceId, channelId], ["w1", "ch1"]);
        reads += 1;
        return read;
      },
    },
    matching: {
      arrive: async (arrival) => {
        arrived.push(arrival);
        return { result: "stored", wake: change.ownerId };
      },
      wake: async (installId, options) => {
        woken.push([installId, options]);
        return "woken";
      },
    },
    holds: {
      find: async () =>
        change.heldUntilMs === undefined
          ? undefined
          : { reason: "unauthorized", untilMs: change.heldUntilMs },
    },
    readBudget: { peek: async () => change.readWaitMs ?? 0 },
    lookUpPace: {
      take: async () => {
        turns += 1;
        return change.waitMs ?? 0;
      },
    },
    lookUps: { done: async (lookUp) => void done.push(lookUp) },
    unreadable: {
      keep: async ({ reason, body, workspaceId, channelId }) => {
        kept.push(reason);
        bodies.push({ ...JSON.parse(body.toString()), of: [workspaceId, channelId] });
      },
    },
    readyStatuses: ["active"],
    log: createLog({ level: "trace", role: "test", destination: { write: (line) => lines.push(line) } }),
    now: () => clock.nowMs,
  });
  return { run, kept, bodies, arrived, woken, lines, done, clock, reads: () => reads, turns: () => turns };
};

const once = { isLastTry: false };
const last = { isLastTry: true };

test("nothing is asked in a workspace that is held, and the hold gives it no turn", async () => {
  const { run, reads } = learn({ kind: "not_found" }, { heldUntilMs: 5000 });
  assert.deepEqual(await run(errand, once), {
    errand: { ...errand, turnMs: undefined },
    untilMs: 5000,
    isTry: false,
  });
  assert.equal(reads(), 0);
});

test("it waits for its turn and keeps it", async () => {
  const { run, reads } = learn({ kind: "not_found" }, { waitMs: 300 });
  const parked = await run(errand, once);
  assert.deepEqual(parked, { errand: { ...errand, turnMs: 1300 }, untilMs: 1300, isTry: false });
  assert.equal(reads(), 0);
});

test("it asks when its turn has come, and takes no other", async () => {
  const { run, reads, turns, clock } = learn({ kind: "not_found" }, { waitMs: 300 });
  const asked = { ...errand, turnMs: 1300 };
  clock.nowMs = 1299;
  assert.deepEqual(await run(asked, once), { errand: asked, untilMs: 1300, isTry: false });
  assert.equal(reads(), 0, "a millisecond early");
  clock.nowMs = 1300;
  assert.deepEqual(await run(asked, once), { errand: { ...errand, turnMs: undefined }, isTry: true });
  assert.deepEqual([reads(), turns()], [1, 0]);
});

for (const readWaitMs of [50, 1]) {
  test(`it waits ${readWaitMs} ms for a place in the workspace's GET budget, and keeps its turn`, async () => {
    const { run, reads } = learn({ kind: "not_found" }, { readWaitMs });
    const parked = await run(errand, once);
    const untilMs = 1000 + readWaitMs;
    assert.deepEqual(parked, { errand: { ...errand, turnMs: 1000 }, untilMs, isTry: false });
    assert.equal(reads(), 0);
  });
}

test("a hold that has ended holds nothing up", async () => {
  const { run, reads } = learn({ kind: "not_found" }, { heldUntilMs: 1000 });
  await run(errand, once);
  assert.equal(reads(), 1);
});

test("a Retry-After stops all look-ups of the workspace for that long, and counts as no try", async () => {
  const { run, reads, clock, kept } = learn({ kind: "unavailable", reason: "HTTP 429", retryAfterMs: 500 });
  const again = { errand: { ...errand, turnMs: undefined }, untilMs: 1500, isTry: false };
  assert.deepEqual(await run({ ...errand, turnMs: 900 }, last), again);
  clock.nowMs = 1499;
  assert.deepEqual(await run(errand, once), again);
  assert.equal(reads(), 1);
  clock.nowMs = 1500;
  await run(errand, once);
  assert.equal(reads(), 2);
  assert.deepEqual(kept, []);
});

test("a Retry-After outlasts a hold that ends before", async () => {
  const { run } = learn(
    { kind: "unavailable", reason: "HTTP 429", retryAfterMs: 500 },
    { heldUntilMs: 1000 },
  );
  await run(errand, once);
  assert.partialDeepStrictEqual(await run(errand, once), { untilMs: 1500 });
});

test("a key that may not view channels is no use to ask again: kept with the reason at once", async () => {
  const { run, kept, bodies, done, lines } = learn({ kind: "forbidden" });
  assert.equal(await run({ ...errand, status: "pending" }, once), "done");
  assert.match(kept[0] ?? "", /may not view channels/);
  assert.deepEqual(bodies, [{ channelId: "ch1", status: "pending", of: ["w1", "ch1"] }]);
  assert.equal(done.length, 1);
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { workspaceId: "w1", channelId: "ch1" });
});

test("the event that was learned is stored for its workspace, and its install is woken", async () => {
  const value = { id: "ch1", connectorId: "c1", status: "pending" };
  const { run, arrived, woken, done, lines } = learn({ kind: "found", value }, { ownerId: "i1" });
  assert.equal(await run(errand, once), "done");
  const event = { connectorId: "c1", channelId: "ch1", workspaceId: "w1" };
  assert.deepEqual(arrived, [{ ...event, status: "active", isUsable: true }]);
  assert.deepEqual(woken, [["i1", { eventOf: "c1" }]]);
  assert.deepEqual(done, [errand]);
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { ...event, installId: "i1", result: "stored" });
  await run({ ...errand, status: "" }, once);
  assert.deepEqual(arrived[1], { ...event, status: "pending", isUsable: false });
});

test("an event of a connector that no install has is stored and wakes none", async () => {
  const value = { id: "ch1", connectorId: "c1", status: undefined };
  const { run, arrived, woken } = learn({ kind: "found", value });
  assert.equal(await run({ ...errand, status: "" }, once), "done");
  assert.partialDeepStrictEqual(arrived, [{ status: "", isUsable: true }]);
  assert.deepEqual(woken, []);
});

test("a channel that Bird does not know is asked for three times, then kept with the reason", async () => {
  const { run, kept, done } = learn({ kind: "not_found" });
  for (const tries of [0, 1]) assert.notEqual(await run({ ...errand, tries }, once), "done");
  assert.deepEqual(kept, []);
  assert.equal(await run({ ...errand, tries: 2 }, once), "done");
  assert.match(kept[0] ?? "", /knows no such channel/);
  assert.equal(done.length, 1);
});

for (const [read, says] of [
  [{ kind: "unauthorized" }, /refuses the access key/],
  [{ kind: "unavailable", reason: "HTTP 502" }, /could not be asked .*HTTP 502/],
] as const) {
  test(`${read.kind}: asked again, and kept with the reason after the last try`, async () => {
    const { run, kept } = learn(read);
    assert.deepEqual(await run(errand, once), { errand: { ...errand, turnMs: undefined }, isTry: true });
    assert.deepEqual(kept, []);
    assert.equal(await run(errand, last), "done");
    assert.match(kept[0] ?? "", says);
  });
}

test("a channel without a connector is kept with the reason", async () => {
  const { run, kept } = learn({
    kind: "found",
    value: { id: "ch1", connectorId: undefined, status: "active" },
  });
  assert.equal(await run(errand, once), "done");
  assert.match(kept[0] ?? "", /names no connector/);
});

test("the event's own status goes before the channel's", async () => {
  const { run, arrived } = learn({
    kind: "found",
    value: { id: "ch1", connectorId: "c1", status: "pending" },
  });
  await run(errand, once);
  await run({ ...errand, status: "" }, once);
  assert.deepEqual(
    arrived.map((arrival) => (arrival instanceof Object && "status" in arrival ? arrival.status : "")),
    ["active", "pending"],
  );
});
