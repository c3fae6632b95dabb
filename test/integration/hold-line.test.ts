import assert from "node:assert/strict";
import test from "node:test";
import { createGate } from "../../src/queue/gate/gate.ts";
import { createHolds, type Holds } from "../../src/queue/gate/holds.ts";
import { createHoldLine } from "../../src/queue/installs/hold-line.ts";
import { createHeldInstalls } from "../../src/queue/workspaces/held-installs.ts";
import { workspaceId } from "../support/request.ts";
import { phoneId, type TestQueue, withQueue } from "./queue-fixture.ts";

const pauseMs = 10_000;
/** A door is looked at a second after its pause, when the one that tries by itself has had its time. */
const lookMs = 1000;

/**
 * The line and the door of a workspace that is held for `pauseMs`. What the door lets in is noted; `isBusy` says of
 * which install a wake finds that it runs already.
 */
const withDoor = (
  run: (
    scene: TestQueue & {
      readonly enter: (installId: string, batchId?: string) => Promise<number>;
      /** Ids that were let in since the last sweep. */
      readonly woken: () => readonly string[];
      /** Ids that a sweep lets in, in order. */
      readonly sweep: () => Promise<readonly string[]>;
      readonly door: ReturnType<typeof createHeldInstalls>;
      readonly holds: Holds;
      readonly busy: Set<string>;
      readonly untilMs: number;
    },
  ) => Promise<void>,
  { paceMax = 3 }: { readonly paceMax?: number } = {},
): Promise<void> =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    const { now } = clock;
    const holds = createHolds({ client, keys, baseMs: pauseMs, capMs: pauseMs, now });
    const line = createHoldLine({ client, keys, now });
    const busy = new Set<string>();
    let wakes: string[] = [];
    const matching = {
      wake: async (installId: string) => {
        wakes.push(installId);
        return busy.has(installId) ? ("busy" as const) : ("woken" as const);
      },
    };
    const door = createHeldInstalls({ client, keys, matching, paceMax, now });
    const { untilMs } = await holds.holdFor(workspaceId, pauseMs);
    await run({
      ...queue,
      door,
      holds,
      busy,
      untilMs,
      woken: () => wakes,
      enter: (installId, batchId) => line.enter({ installId, workspaceId, batchId }),
      sweep: async () => {
        wakes = [];
        await door.sweep();
        return wakes;
      },
    });
  });

const enterAll = async (
  enter: (installId: string) => Promise<number>,
  ids: readonly string[],
): Promise<void> => {
  for (const id of ids) await enter(id);
};

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `install-${n}`);

test("the first of a line tries when the pause is over; those behind it wait until they are let in", () =>
  withDoor(async ({ enter, clock, untilMs }) => {
    const dayMs = 24 * 3_600_000;
    assert.equal(await enter("install-1"), untilMs);
    assert.equal(await enter("install-2"), clock.now() + dayMs);
    assert.equal(await enter("install-1"), untilMs, "it stays the first");
    clock.move(pauseMs - 1);
    assert.equal(await enter("install-3"), clock.now() + dayMs, "a millisecond before the end");
    clock.move(1);
    assert.equal(await enter("install-4"), clock.now(), "the pause is over, and none tries");
  }));

test("an install that comes to a line whose hold was lifted goes on at once, and stands in none", () =>
  withDoor(async ({ enter, clock, holds, client, keys }) => {
    await holds.release(workspaceId);
    assert.equal(await enter("install-1"), clock.now());
    assert.equal(await client.exists(keys.heldInstalls(workspaceId)), 0);
  }));

test("more installs than one group are let in once each", () =>
  withDoor(
    async ({ enter, clock, door, woken }) => {
      await Promise.all(ids(501).map((id) => enter(id)));
      clock.move(pauseMs);
      await door.lift(workspaceId);
      assert.equal(woken().length, 501);
      assert.equal(new Set(woken()).size, 501);
    },
    { paceMax: 600 },
  ));

test("a hold that is made longer keeps the one that is to try; one that begins anew has none yet", () =>
  withDoor(async ({ enter, clock, holds }) => {
    await enter("install-1");
    const { untilMs } = await holds.holdFor(workspaceId, 2 * pauseMs);
    assert.equal(await enter("install-2"), clock.now() + 24 * 3_600_000);
    assert.equal(await enter("install-1"), untilMs);
    clock.move(2 * pauseMs);
    const next = await holds.holdFor(workspaceId, pauseMs);
    assert.equal(await enter("install-2"), next.untilMs);
  }));

test("while one tries, the others wait for what Bird answers it; it does not wait for itself", () =>
  withDoor(async ({ client, keys, clock, enter, untilMs }) => {
    clock.move(pauseMs);
    await client.hset(keys.hold(workspaceId), { probe: "install-1", probeUntil: untilMs + 5000 });
    assert.equal(await enter("install-1"), clock.now());
    assert.equal(await enter("install-2"), clock.now() + 24 * 3_600_000);
    assert.equal(await client.zscore(keys.doors, workspaceId), String(untilMs + 5000 + lookMs));
    clock.move(5000);
    assert.equal(await enter("install-3"), clock.now(), "its time is over");
  }));

test("no door is opened before its pause is over and the one that tries has had its time", () =>
  withDoor(async ({ enter, clock, sweep }) => {
    await enterAll(enter, ids(2));
    clock.move(pauseMs + lookMs - 1);
    assert.deepEqual(await sweep(), []);
    clock.move(1);
    assert.deepEqual(await sweep(), ["install-0"]);
  }));

test("each time no create comes of those that were let in to try, twice as many of the line are", () =>
  withDoor(async ({ enter, clock, sweep }) => {
    await enterAll(enter, ids(9));
    clock.move(pauseMs + lookMs);
    assert.deepEqual(await sweep(), ids(1));
    assert.deepEqual(await sweep(), ids(3).slice(1));
    assert.deepEqual(await sweep(), ids(7).slice(3));
    assert.deepEqual(await sweep(), ids(9).slice(7), "the last of them");
    assert.deepEqual(await sweep(), []);
  }));

test("installs of batches stand behind the others, and one that runs already goes to the end of the line", () =>
  withDoor(async ({ enter, clock, sweep, busy, client, keys }) => {
    await enter("row-1", "batch");
    await enter("row-2", "batch");
    await enter("single", undefined);
    busy.add("single");
    clock.move(pauseMs + lookMs);
    assert.deepEqual(await sweep(), ["single"]);
    assert.deepEqual(await sweep(), ["row-1", "row-2"]);
    assert.deepEqual(await client.zrange(keys.heldInstalls(workspaceId), "0", "-1"), ["single"]);
    busy.clear();
    assert.deepEqual(await sweep(), ["single"]);
  }));

test("once Bird has taken a create, the line is let in at the workspace's pace, and its door goes with the last", () =>
  withDoor(async ({ enter, clock, sweep, door, client, keys }) => {
    await enterAll(enter, ids(8));
    clock.move(pauseMs);
    await door.lift(workspaceId);
    assert.equal(await client.exists(keys.hold(workspaceId)), 0);
    assert.equal(await client.zscore(keys.heldWorkspaces("rate_limited"), workspaceId), null);
    assert.equal(await client.zcard(keys.heldInstalls(workspaceId)), 5, "three at once");
    assert.deepEqual(await sweep(), ids(6).slice(3));
    assert.deepEqual(await sweep(), ids(8).slice(6));
    assert.notEqual(await client.zscore(keys.doors, workspaceId), null);
    assert.deepEqual(await sweep(), []);
    assert.equal(await client.zscore(keys.doors, workspaceId), null);
  }));

test("a create that Bird took does not lift a hold that was set after it", () =>
  withDoor(async ({ enter, door, client, keys, untilMs, clock, sweep }) => {
    await enterAll(enter, ids(2));
    await door.lift(workspaceId);
    assert.equal(await client.hget(keys.hold(workspaceId), "until"), String(untilMs));
    assert.equal(await client.zcard(keys.heldInstalls(workspaceId)), 2);
    clock.move(pauseMs + lookMs);
    assert.deepEqual(await sweep(), ids(1));
  }));

test("a door stays shut while the one that was let through is believed to try", () =>
  withDoor(async ({ enter, clock, sweep, client, keys, add, start }) => {
    await add("install-0");
    const installId = await start("token");
    await enterAll(enter, ids(3));
    clock.move(pauseMs + lookMs);
    assert.deepEqual(await sweep(), ids(1));
    const gate = createGate({
      client,
      keys,
      postBudget: { perSecond: 1000 },
      numberMaxCreates: 10,
      numberWindowMs: 60_000,
      now: clock.now,
    });
    const request = { workspaceId, phoneId, phoneNumber: "+14155550123" };
    const passage = await gate.ask({
      installId,
      token: "token",
      runNumber: 1,
      ...request,
      slotMs: undefined,
      band: "bulk",
    });
    assert.ok(passage.kind === "go" && passage.isProbe === true);
    assert.deepEqual(await sweep(), [], "its create is on its way");
    const probeUntilMs = clock.now() + 2 * passage.lockMs;
    assert.equal(await client.zscore(keys.doors, workspaceId), String(probeUntilMs), "not looked at before");
    clock.move(2 * passage.lockMs);
    assert.deepEqual(await sweep(), ["install-1"], "as many as the first time: a create came of it");
  }));
