import assert from "node:assert/strict";
import test from "node:test";
import type { ReadResult } from "../../../src/bird/answers.ts";
import type { Channel } from "../../../src/bird/channels.ts";
import { createLog } from "../../../src/log.ts";
import { createLearnConnector } from "../../../src/worker/errands/learn-connector.ts";

const errand = { kind: "find_connector", workspaceId: "w1", channelId: "ch1", status: "active" } as const;

const learn = (
  read: ReadResult<Channel>,
  change: { readonly heldUntilMs?: number; readonly waitMs?: number } = {},
) => {
  const kept: string[] = [];
  const arrived: unknown[] = [];
  let reads = 0;
  const done: unknown[] = [];
  const run = createLearnConnector({
    channels: {
      get: async () => {
        reads += 1;
        return read;
      },
    },
    matching: {
      arrive: async (arrival) => {
        arrived.push(arrival);
        return { result: "stored", wake: undefined };
      },
      wake: async () => "woken",
    },
    holds: {
      find: async () =>
        change.heldUntilMs === undefined
          ? undefined
          : { reason: "unauthorized", untilMs: change.heldUntilMs },
    },
    readBudget: { peek: async () => 0 },
    lookUpPace: { take: async () => change.waitMs ?? 0 },
    lookUps: { done: async (lookUp) => void done.push(lookUp) },
    unreadable: { keep: async ({ reason }) => void kept.push(reason) },
    readyStatuses: ["active"],
    log: createLog({ level: "silent", role: "test" }),
    now: () => 1000,
  });
  return { run, kept, arrived, done, reads: () => reads };
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
