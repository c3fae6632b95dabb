import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test, { type TestContext } from "node:test";
import { withPrivateRedis } from "../integration/private-redis.ts";
import {
  frozenAtMeta,
  killedWithCreate,
  postedAgain,
  timedOut,
  unanswered,
} from "./interleavings/beginnings.ts";
import { type Exploration, explore, inWords } from "./interleavings/explore.ts";
import {
  asksMetaFirst,
  eventIsFinal,
  eventsOfTheGone,
  machinesTime,
  noWalls,
  parkedBySlowClock,
  refusalsCount,
  restartsUnseen,
  secondCreateUnguarded,
  waitsForMetaAnew,
} from "./interleavings/fault-variants.ts";
import { createModel, type ModelOptions } from "./interleavings/model.ts";
import { beginsToRefuse } from "./interleavings/steps.ts";
import { peopleVariants } from "./interleavings/variants.ts";

// The actors that reviews found missing in `interleavings.test.ts`: a Redis that refuses writes, clocks that differ, a
// list that lags behind a second create with a second fault, strangers; and Meta, which is asked before a create. Each in a program of its own that goes
// through all orders, within these bounds: one install; one worker, or two where their clocks differ; two refused
// writes at a time; the faults that the program names.

/** What is explored, and in it what a review found broken. */
interface Program {
  readonly what: string;
  readonly model: Omit<ModelOptions, "change" | "redisUrl">;
  readonly faultsMax: number;
  readonly faults?: RegExp;
  readonly broken: readonly (readonly [what: string, change: ModelOptions["change"], wrong: string])[];
}

const second = "Bird made a second connector for one install";
const mixedUp = "completed without the channel of its own connector";
const workers = ["A"];
const refusals = { faults: new RegExp(beginsToRefuse) };
const ownId = (connectorId: string) => ({ id: `event-of-${connectorId}`, status: "pending" });

const programs: readonly Program[] = [
  {
    what: "a Redis that is full",
    model: { workers, refusing: "full", refusalsMax: 2 },
    faultsMax: 1,
    ...refusals,
    broken: [
      ["fault 1: what Redis refuses ends the install", refusalsCount, "a fault of Redis ended an install"],
    ],
  },
  {
    what: "a Redis without its replicas",
    model: { workers, refusing: "without its replicas", refusalsMax: 2 },
    faultsMax: 1,
    ...refusals,
    broken: [],
  },
  {
    what: "a worker killed after the second create, with a list that lags",
    model: { workers, from: postedAgain },
    faultsMax: 2,
    faults: /killed/,
    broken: [["fault 3: the second create has not the full guard", secondCreateUnguarded, second]],
  },
  {
    what: "a create under way for longer than two locks, and a Redis that forgets who passed the gate",
    model: { workers, from: killedWithCreate, callMs: 100_000, hasRestarts: true, hasChannels: false },
    faultsMax: 2,
    faults: /killed|restarts/,
    broken: [["a restart counts for nothing", restartsUnseen, second]],
  },
  {
    what: "a bind of the second create that Redis refuses, with a list that lags",
    model: { workers, from: postedAgain, refusing: "full", refusalsMax: 2 },
    faultsMax: 2,
    ...refusals,
    broken: [["fault 3: what was refused leaves no guard", secondCreateUnguarded, second]],
  },
  {
    what: "an uninstall, and a late event of its connector",
    model: { workers, from: timedOut, people: ["uninstall install"] },
    faultsMax: 1,
    faults: /killed|does not hear/,
    broken: [
      [
        "fault 4: events of a connector that is gone count",
        eventsOfTheGone,
        "an event completed what was uninstalled",
      ],
    ],
  },
  {
    what: "a stranger who may send events of another workspace",
    model: { workers, people: ["a stranger tells of c1"] },
    faultsMax: 0,
    broken: [["fault 5: a workspace's events count for another", noWalls, mixedUp]],
  },
  {
    what: "a worker whose clock is ahead",
    model: { workers, clocksAheadMs: { A: 12_000 } },
    faultsMax: 0,
    broken: [
      [
        "fault 7: installs are parked by another clock than BullMQ's",
        parkedBySlowClock,
        "an install runs again and again",
      ],
    ],
  },
  ...[12_000, -12_000].map(
    (aheadMs): Program => ({
      what: `two workers, one ${Math.abs(aheadMs)} ms ${aheadMs > 0 ? "ahead" : "behind"}, that look for a create`,
      model: { from: unanswered, hasChannels: false, clocksAheadMs: { B: aheadMs } },
      faultsMax: 0,
      // Behind, it meets the other's gap only between the times at which anything happens here.
      broken:
        aheadMs > 0 ? [["fault 7: looks are reckoned in the machine's time", machinesTime, second]] : [],
    }),
  ),
  {
    what: "events whose id is not the channel's",
    model: { workers, eventOf: ownId },
    faultsMax: 0,
    broken: [["fault 10: the id of the first event is final", eventIsFinal, mixedUp]],
  },
  {
    what: "Meta asked before each create, and a worker that freezes until its answer is too late",
    model: { asksMeta: true, from: frozenAtMeta, hasChannels: false },
    faultsMax: 1,
    broken: [],
  },
  {
    what: "Meta asked before each create, and a worker that is killed",
    model: { asksMeta: true, workers, hasChannels: false },
    faultsMax: 1,
    faults: /killed/,
    broken: [
      [
        "that Meta is asked before it is known whether a create is out",
        asksMetaFirst,
        "Meta's finding ended an install whose create may be out",
      ],
    ],
  },
  {
    what: "Meta asked before each create, and an install that is cancelled meanwhile",
    model: { asksMeta: true, workers, hasChannels: false, people: ["cancel install"] },
    faultsMax: 0,
    broken: [],
  },
  {
    what: "Meta asked before each create, and again after a retry",
    model: { asksMeta: true, workers, hasChannels: false, people: ["retry install"] },
    faultsMax: 0,
    broken: [
      [
        "that the wait for a turn at Meta begins anew with each run",
        waitsForMetaAnew,
        "an install runs again and again",
      ],
    ],
  },
];

/**
 * The faults of the protocol's review that are not above: the variant of `interleavings/variants.ts`, or why the
 * explorer cannot have it and the test that does.
 */
const elsewhere: Readonly<Record<number, string>> = {
  2: "an uninstall does not ask who owns the connector",
  6: "the explorer leaves holds out: test/integration/hold-door.test.ts",
  8: "the explorer has no errands, only what they may keep waiting: test/integration/look-ups.test.ts",
  9: "the explorer has no batches and no retention: test/integration/retention.test.ts",
  11: "a retry does not become the owner, and nobody asks for one",
  12: "the explorer has no retention: test/integration/retention.test.ts",
  13: "the explorer has one shard: test/integration/shard-number.test.ts",
  14: "it needs no order of steps, only a job: test/integration/unreadable-installs.test.ts",
};

/** Lends the Redis of a program; one that is to refuse writes is its own. */
const withRedis = async (
  model: Program["model"],
  use: (redisUrl?: string) => Promise<void>,
): Promise<void> => (model.refusing === undefined ? use() : withPrivateRedis(({ url }) => use(url)));

const exploreIn = async (
  context: TestContext,
  { model, faultsMax, ...program }: Program,
  options: { readonly change?: ModelOptions["change"]; readonly until?: string } = {},
): Promise<Exploration> => {
  const exploration = Promise.withResolvers<Exploration>();
  await withRedis(model, async (redisUrl) => {
    const { change, ...rest } = options;
    // The clocks of the model stand still.
    const [startedSeconds] = process.hrtime();
    const first = await createModel(context, { ...model, change, redisUrl });
    const explored = await explore(first, { ...program, ...rest, faultsMax });
    const { states, transitions, ends, redis } = explored;
    context.diagnostic(
      `${states} states, ${transitions} transitions, ${ends} ends; ${redis.states} states of Redis, ${redis.effects} operations run; ${process.hrtime()[0] - startedSeconds} s`,
    );
    await first.close();
    exploration.resolve(explored);
  });
  return exploration.promise;
};

for (const program of programs) {
  test(`nothing goes wrong in any order with ${program.what}`, async (context: TestContext) => {
    const { counterexamples, ends } = await exploreIn(context, program);
    assert.deepEqual(counterexamples.map(inWords), []);
    assert.ok(ends > 0);
  });

  for (const [broken, change, wrong] of program.broken) {
    test(`the explorer notices, with ${program.what}, ${broken}`, async (context: TestContext) => {
      const { counterexamples } = await exploreIn(context, program, { change, until: wrong });
      const found = counterexamples.find(({ what }) => what === wrong);
      assert.ok(found, `no way to "${wrong}"`);
      context.diagnostic(`${wrong} after ${found.steps.length} steps`);
    });
  }
}

test("each fault of the protocol's review is a variant that the explorer notices, or says why not", () => {
  const names = programs.flatMap(({ broken }) => broken.map(([what]) => what));
  const here = names.flatMap((name) => /^fault (\d+)/.exec(name)?.[1] ?? []).map(Number);
  const all = [...here, ...Object.keys(elsewhere).map(Number)];
  assert.deepEqual(
    [...new Set(all)].sort((a, b) => a - b),
    Array.from({ length: 14 }, (_, index) => index + 1),
  );
  for (const where of Object.values(elsewhere)) {
    const file = /test\/.*\.ts$/.exec(where)?.[0];
    assert.ok(
      file === undefined ? peopleVariants.some(([broken]) => broken === where) : existsSync(file),
      where,
    );
  }
});
