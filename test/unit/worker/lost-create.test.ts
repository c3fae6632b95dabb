import assert from "node:assert/strict";
import test from "node:test";
import type { PassedRun } from "../../../src/queue/gate/gate.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import { recheckMs } from "../../../src/queue/redis-state/restart-watch.ts";
import type { Run } from "../../../src/worker/run.ts";
import { createDetectLostCreate, sendWithinMs } from "../../../src/worker/submit/lost-create.ts";
import { nowMs, runOf, storedData } from "./run-fixture.ts";

const requestTimeoutMs = 30_000;
/** How long a create may be under way: its time-out and a second more. */
const callMaxMs = 31_000;
const looksMax = 3;
/** When a run passed the gate, and when the create it may have sent 10 s later must be over. */
const passedMs = nowMs - 20_000;
const overMs = passedMs + 10_000 + callMaxMs;

/** Redis was started ten minutes ago; the install was queued before that, unless a case says otherwise. */
const startMs = nowMs - 600_000;
const before = { queuedAtMs: startMs - 1 };
const after = { queuedAtMs: startMs };
const restart = { atMs: startMs, recheckUntilMs: 0 };
const restore = { atMs: startMs, recheckUntilMs: startMs + recheckMs };
const nothing = { atMs: 0, recheckUntilMs: 0 };

type Unanswered = NonNullable<InstallData["unanswered"]>;

const runLost = "the run before ended without a word: looking for its connector before any create";
const restarted = "Redis was restarted and may have forgotten a create: looking for its connector first";
const restored =
  "Redis may hold a restored backup: looking for the number before its create (perch doctor says how to end that)";

const known: Unanswered = { sinceMs: nowMs - 5000, looks: 1 };

interface Case {
  readonly when: string;
  readonly run?: Partial<Run>;
  readonly data?: Partial<InstallData>;
  /** The latest run that passed the gate; left out, none has. */
  readonly passed?: PassedRun | "not asked" | undefined;
  /** What Redis may have forgotten. */
  readonly forgotten?: typeof restart;
  /** What the run goes by; undefined: no create is suspected. */
  readonly unanswered: Unanswered | undefined;
  readonly news?: string;
}

const cases: readonly Case[] = [
  // What passed the gate.
  { when: "the first run: suspects nothing", run: { runNumber: 1 }, unanswered: undefined },
  {
    when: "the run before was clean: suspects nothing, and asks nothing",
    data: { clean: 2 },
    passed: "not asked",
    unanswered: undefined,
  },
  {
    when: "the run before ended without a word before the gate: looks to make sure, without waiting for a create to be over",
    unanswered: { sinceMs: nowMs, looks: 0, why: "run_lost" },
    news: runLost,
  },
  {
    when: "the run before ended without a word after the gate: its create may be under way",
    passed: { runNumber: 2, atMs: passedMs },
    unanswered: { sinceMs: overMs, looks: 0, why: "run_lost" },
    news: runLost,
  },
  {
    when: "the first run ended without a word after the gate: its create may be under way",
    run: { runNumber: 2 },
    passed: { runNumber: 1, atMs: passedMs },
    unanswered: { sinceMs: overMs, looks: 0, why: "run_lost" },
    news: runLost,
  },
  {
    when: "a run passed the gate, and the one after it ended without a word before it: the create of the first may be under way",
    passed: { runNumber: 1, atMs: passedMs },
    unanswered: { sinceMs: overMs, looks: 0, why: "run_lost" },
    news: runLost,
  },
  {
    when: "only an earlier run was clean: the create of the last may be under way",
    data: { clean: 1 },
    passed: { runNumber: 2, atMs: passedMs },
    unanswered: { sinceMs: overMs, looks: 0, why: "run_lost" },
    news: runLost,
  },
  {
    when: "the clean run was the last to pass the gate: no create of it can be under way",
    data: { clean: 1 },
    passed: { runNumber: 1, atMs: passedMs },
    unanswered: { sinceMs: nowMs, looks: 0, why: "run_lost" },
    news: runLost,
  },
  {
    when: "a run ended without a word after the gate, and a create is known of: looks from the start, and says nothing new",
    data: { unanswered: known },
    passed: { runNumber: 2, atMs: passedMs },
    unanswered: { sinceMs: overMs, looks: 0, why: undefined },
  },
  {
    when: "a run ended without a word, and Redis was restarted since: it may have forgotten that the run passed the gate",
    forgotten: { atMs: nowMs - 5000, recheckUntilMs: 0 },
    unanswered: { sinceMs: nowMs - 5000 + callMaxMs, looks: 0, why: "run_lost" },
    news: runLost,
  },
  {
    when: "a run ended without a word before the gate, and a create that is known of may be under way: is not done waiting for it",
    data: { clean: 1, unanswered: { ...known, sinceMs: nowMs + 60_000, why: "run_lost" } },
    passed: { runNumber: 1, atMs: passedMs },
    unanswered: { sinceMs: nowMs + 60_000, looks: 0, why: "run_lost" },
  },
  {
    when: "a run ended without a word after a restart of Redis: the reason stays the restart",
    data: { unanswered: { ...known, why: "restarted" } },
    passed: { runNumber: 2, atMs: passedMs },
    unanswered: { sinceMs: overMs, looks: 0, why: "restarted" },
  },
  // Redis was restarted.
  {
    when: "queued before Redis was started: a run may be forgotten",
    run: { runNumber: 1, ...before },
    forgotten: restart,
    unanswered: { sinceMs: startMs + callMaxMs, looks: 0, why: "restarted" },
    news: restarted,
  },
  {
    when: "queued when Redis was started: nothing can be forgotten",
    run: { runNumber: 1, ...after },
    forgotten: restart,
    unanswered: undefined,
  },
  {
    when: "a look since the start of Redis proved that nothing was created: suspects nothing",
    run: before,
    data: { clean: 2, checkedAtMs: startMs },
    forgotten: restart,
    unanswered: undefined,
  },
  {
    when: "a look before the start of Redis proves nothing: a create after it may be forgotten",
    run: before,
    data: { clean: 2, checkedAtMs: startMs - 1 },
    forgotten: restart,
    unanswered: { sinceMs: startMs + callMaxMs, looks: 0, why: "restarted" },
    news: restarted,
  },
  {
    when: "a create from before the start of Redis is known of: another after it may be forgotten, so it looks from the start",
    run: before,
    data: { clean: 2, attempts: 1, unanswered: { sinceMs: startMs + callMaxMs - 1, looks: 2 } },
    forgotten: restart,
    unanswered: { sinceMs: startMs + callMaxMs, looks: 0, why: undefined },
  },
  {
    when: "a restart that is looked for already: its looks go on",
    run: before,
    data: { clean: 2, unanswered: { sinceMs: startMs + callMaxMs, looks: 2, why: "restarted" } },
    forgotten: restart,
    unanswered: { sinceMs: startMs + callMaxMs, looks: 2, why: "restarted" },
  },
  // A backup was restored.
  {
    when: "queued before a backup was restored: a run may be forgotten",
    run: { runNumber: 1, ...before },
    forgotten: restore,
    unanswered: { sinceMs: startMs + callMaxMs, looks: 0, why: "restored" },
    news: restored,
  },
  {
    when: "queued after a backup was restored: it may be the repeat of a forgotten one, for which one look will do",
    run: { runNumber: 1, ...after },
    forgotten: restore,
    unanswered: { sinceMs: startMs + callMaxMs, looks: looksMax - 1, why: "restored" },
    news: restored,
  },
  {
    when: "queued at the last moment of the doubt: it may be a repeat",
    run: { runNumber: 1, queuedAtMs: restore.recheckUntilMs - 1 },
    forgotten: restore,
    unanswered: { sinceMs: startMs + callMaxMs, looks: looksMax - 1, why: "restored" },
    news: restored,
  },
  {
    when: "queued when the doubt is over: suspects nothing",
    run: { runNumber: 1, queuedAtMs: restore.recheckUntilMs },
    forgotten: restore,
    unanswered: undefined,
  },
  {
    when: "a repeat that a look has cleared: suspects nothing",
    run: after,
    data: { clean: 2, checkedAtMs: startMs + 1 },
    forgotten: restore,
    unanswered: undefined,
  },
  {
    when: "a repeat that is looked for already: its looks go on",
    run: after,
    data: { clean: 2, unanswered: { ...known, why: "restored" } },
    forgotten: restore,
    unanswered: { ...known, why: "restored" },
  },
  // The doubt is over.
  ...(["restored", "restarted"] as const).map((why) => ({
    when: `only Redis was doubted (${why}), and the doubt is over: forgets it`,
    data: { clean: 2, unanswered: { ...known, why } },
    forgotten: nothing,
    unanswered: undefined,
  })),
  {
    when: "a create is known of, and a doubt is over: looks for it all the same",
    data: { clean: 2, attempts: 1, unanswered: { ...known, why: "restored" } },
    forgotten: nothing,
    unanswered: { ...known, why: "restored" },
  },
  {
    when: "a run was lost: no end of a doubt clears that",
    data: { clean: 2, unanswered: { ...known, why: "run_lost" } },
    forgotten: nothing,
    unanswered: { ...known, why: "run_lost" },
  },
];

const detectWith = (
  forgotten: typeof restart,
  { looks = looksMax, passed }: { looks?: number; passed?: Case["passed"] } = {},
) =>
  createDetectLostCreate({
    gate: {
      lastPassed: async () => {
        assert.ok(passed !== "not asked");
        return passed;
      },
    },
    restarts: { forgotten: async () => forgotten },
    requestTimeoutMs,
    looksMax: looks,
    now: () => nowMs,
  });

for (const { when, run, data, passed, forgotten = nothing, unanswered, news } of cases) {
  test(`before a create, ${when}`, async () => {
    const detected = await detectWith(forgotten, { passed })(runOf(data, run));
    const { unanswered: _, ...rest } = data ?? {};
    assert.deepEqual(detected.data, {
      ...storedData,
      ...rest,
      ...(unanswered !== undefined && { unanswered }),
    });
    assert.equal(detected.news, news);
  });
}

for (const [callMs, withinMs] of [
  [200, 1000],
  [5000, 5000],
  [30_000, 10_000],
] as const) {
  test(`with a time-out of ${callMs} ms a create may begin within ${withinMs} ms of the gate`, () => {
    assert.equal(sendWithinMs(callMs), withinMs);
  });
}

test("where Perch never looks, a repeat after a restored backup is looked for once all the same", async () => {
  const { data } = await detectWith(restore, { looks: 0 })(runOf({}, { runNumber: 1, ...after }));
  assert.equal(data.unanswered?.looks, 0);
});
