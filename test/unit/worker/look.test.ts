import assert from "node:assert/strict";
import test from "node:test";
import type { ReadResult } from "../../../src/bird/answers.ts";
import { type Connector, connectorSchema } from "../../../src/bird/connectors.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import type { Run, Step } from "../../../src/worker/run.ts";
import { createAdopt, createLookAgain } from "../../../src/worker/submit/look.ts";
import { backoff, failed, noConnectors, nowMs, parked, runOf, storedData } from "./run-fixture.ts";

const { phoneId, phoneNumber, name, workspaceId } = storedData.request;
/** Looks 1, 3 and 10 seconds after the create must be over. */
const lookDelaysMs = [1000, 3000, 10_000];

/** What adopting a connector comes to. */
const adopted: Step = { kind: "park", untilMs: nowMs + 5, connectorId: "own" };

type Unanswered = NonNullable<InstallData["unanswered"]>;
/** A create that must be over since half a minute; `looks` were in vain. */
const unansweredOf = (looks: number, change: Partial<Unanswered> = {}): Unanswered => ({
  sinceMs: nowMs - 30_000,
  looks,
  ...(looks > 0 && { lookedAtMs: nowMs - 10_000 }),
  ...change,
});
const connectorOf = (id: string, shown: object): Connector => connectorSchema.parse({ id, ...shown });
const found = (id: string, shown: object): ReadResult<Connector> => ({
  kind: "found",
  value: connectorOf(id, shown),
});

interface Case {
  readonly when: string;
  readonly unanswered?: Unanswered;
  readonly data?: Partial<InstallData>;
  readonly run?: Partial<Run>;
  /** Why a create is suspected since this run. */
  readonly news?: string;
  /** How long the workspace's GET budget is used up, ms. */
  readonly waitMs?: number;
  /** What Bird lists; left out, Bird must not be asked. */
  readonly listed?: ReadResult<readonly Connector[]>;
  /** Connectors of events that name this number, and what Bird shows of them. */
  readonly named?: Readonly<Record<string, ReadResult<Connector>>>;
  /** Installs that own connectors. */
  readonly owners?: Readonly<Record<string, string>>;
  readonly isNameShared?: boolean;
  /** The ids that are offered for adoption, in order. */
  readonly offered?: readonly string[];
  /** What follows; `not_there` allows another create. */
  readonly step: Step | { readonly kind: "not_there"; readonly data: InstallData };
}

const nothing: ReadResult<readonly Connector[]> = { kind: "found", value: [] };
const lists = (...value: readonly Connector[]): ReadResult<readonly Connector[]> => ({
  kind: "found",
  value,
});
const own = connectorOf("own", { arguments: { phoneId } });
const byName = (id: string) => connectorOf(id, { name });
/** A run was lost, whose create may be under way for 20 s more. */
const lostLately = unansweredOf(0, { sinceMs: nowMs + 20_000, why: "run_lost" });
/** All looks but the last were in vain. */
const last = unansweredOf(2);
const settled: InstallData = { ...storedData, clean: 3, checkedAtMs: nowMs };
const noConnectorsOfName =
  "Connectors of this name exist that show neither phone id nor number, and other installs have the same name.";

const cases: readonly Case[] = [
  // When.
  ...[
    { looks: 0, sinceMs: nowMs - 997, waitsUntilMs: nowMs + 3 },
    { looks: 1, sinceMs: nowMs - 1000, waitsUntilMs: nowMs + 2000 },
    { looks: 2, sinceMs: nowMs - 9000, waitsUntilMs: nowMs + 1000 },
  ].map(({ looks, sinceMs, waitsUntilMs }) => {
    const unanswered = unansweredOf(looks, { sinceMs, lookedAtMs: nowMs - 20_000 });
    return {
      when: `look ${looks + 1} is not due, and the install has just learned of the create: waits until it is`,
      unanswered,
      news: "the run before ended",
      step: parked(waitsUntilMs, { clean: 3, unanswered, what: "the run before ended" }),
    };
  }),
  {
    when: "a look was late: the gap to the next is kept",
    unanswered: unansweredOf(1, { lookedAtMs: nowMs - 500 }),
    run: { runNumber: 1 },
    step: parked(nowMs + 1500, { clean: 1, unanswered: unansweredOf(1, { lookedAtMs: nowMs - 500 }) }),
  },
  {
    when: "an install comes before its look by a clock that is ahead: not again within a second",
    unanswered: unansweredOf(0, { sinceMs: nowMs - 990 }),
    step: parked(nowMs + 1000, { clean: 3, unanswered: unansweredOf(0, { sinceMs: nowMs - 990 }) }),
  },
  {
    when: "its first run comes before a look that was planned with it: waits until that is due",
    unanswered: unansweredOf(0, { sinceMs: nowMs - 990 }),
    run: { runNumber: 1 },
    step: parked(nowMs + 10, { clean: 1, unanswered: unansweredOf(0, { sinceMs: nowMs - 990 }) }),
  },
  {
    when: "SUBMISSION_LOOK_DELAYS_MS has been made shorter than it has looked: looks once the create must be over",
    unanswered: unansweredOf(5, { sinceMs: nowMs + 5000, lookedAtMs: nowMs - 30_000 }),
    step: parked(nowMs + 5000, {
      clean: 3,
      unanswered: unansweredOf(5, { sinceMs: nowMs + 5000, lookedAtMs: nowMs - 30_000 }),
    }),
  },
  {
    when: "an install comes two milliseconds early, as BullMQ may move it: looks",
    unanswered: unansweredOf(0, { sinceMs: nowMs - 998 }),
    listed: lists(own),
    offered: ["own"],
    step: adopted,
  },
  ...[700, 1].map((waitMs) => ({
    when: `the workspace's GET budget is used up for ${waitMs} ms: waits for a place, and asks Bird nothing`,
    waitMs,
    step: parked(nowMs + waitMs, { clean: 3, unanswered: unansweredOf(0) }),
  })),
  // A lost run that has just been noticed: Bird is asked once at once.
  ...[
    {
      what: "lists its connector already: adopts it, before any look is due",
      listed: lists(own),
      offered: ["own"],
      step: adopted,
    },
    {
      what: "does not list it yet: that counts as no look",
      listed: nothing,
      offered: [],
      step: parked(nowMs + 21_000, { clean: 3, unanswered: lostLately, what: "the run before ended" }),
    },
    {
      what: "does not answer: that counts as no attempt",
      listed: { kind: "unavailable" as const, reason: "HTTP 503" },
      step: parked(nowMs + 21_000, { clean: 3, unanswered: lostLately, what: "the run before ended" }),
    },
  ].map(({ what, ...rest }) => ({
    ...rest,
    when: `a run was lost, and Bird ${what}`,
    unanswered: lostLately,
    news: "the run before ended",
  })),
  {
    when: "a run was lost, and the workspace's GET budget is used up: waits until the first look is due",
    unanswered: lostLately,
    news: "the run before ended",
    waitMs: 700,
    step: parked(nowMs + 21_000, { clean: 3, unanswered: lostLately, what: "the run before ended" }),
  },
  {
    when: "a run was lost, which was noticed before: waits until the first look is due",
    unanswered: lostLately,
    step: parked(nowMs + 21_000, { clean: 3, unanswered: lostLately }),
  },
  {
    when: "a run was lost that had sent nothing: waits until the first look is due",
    unanswered: unansweredOf(0, { sinceMs: nowMs, why: "run_lost" }),
    news: "the run before ended",
    step: parked(nowMs + 1000, {
      clean: 3,
      unanswered: unansweredOf(0, { sinceMs: nowMs, why: "run_lost" }),
      what: "the run before ended",
    }),
  },
  // Whose.
  {
    when: "Bird lists a connector with this phone id: adopts it",
    listed: lists(own),
    offered: ["own"],
    step: adopted,
  },
  {
    when: "Bird lists several of this number: offers the surest first",
    listed: lists(connectorOf("by-number", { number: { phoneNumber } }), own),
    offered: ["own", "by-number"],
    step: adopted,
  },
  {
    when: "an event named a connector that Bird shows without contradiction: adopts it",
    listed: nothing,
    named: { told: found("told", {}) },
    offered: ["told"],
    step: adopted,
  },
  {
    when: "events named connectors that are another number's, or gone, or not to be read: offers none of them",
    unanswered: last,
    listed: nothing,
    named: {
      other: found("other", { arguments: { phoneId: "1" } }),
      gone: { kind: "not_found" },
      secret: { kind: "forbidden" },
    },
    offered: [],
    step: { kind: "not_there", data: settled },
  },
  {
    when: "events named more than five connectors: looks up the newest five",
    unanswered: last,
    listed: nothing,
    named: Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`told-${n}`, found(`told-${n}`, {})])),
    offered: ["told-1", "told-2", "told-3", "told-4", "told-5"],
    step: { kind: "not_there", data: settled },
  },
  {
    when: "one connector has this install's name and no owner: adopts it",
    listed: lists(byName("own")),
    offered: ["own"],
    step: adopted,
  },
  {
    when: "the one connector of this name is this install's already: adopts it",
    listed: lists(byName("own"), byName("taken")),
    owners: { own: runOf().installId, taken: "another" },
    offered: ["own"],
    step: adopted,
  },
  {
    when: "every connector of this name is another install's: allows the create after the last look",
    unanswered: last,
    listed: lists(byName("taken")),
    owners: { taken: "another" },
    isNameShared: true,
    offered: [],
    step: { kind: "not_there", data: settled },
  },
  {
    when: "two free connectors have this name: after the last look nobody can say whose they are",
    unanswered: last,
    listed: lists(byName("one"), byName("two")),
    offered: [],
    step: failed(
      { code: "ambiguous_submission", detail: noConnectorsOfName },
      { clean: 3, unanswered: last },
    ),
  },
  {
    when: "another install shares the name: after the last look nobody can say whose the connector is",
    unanswered: last,
    listed: lists(byName("one")),
    isNameShared: true,
    offered: [],
    step: failed(
      { code: "ambiguous_submission", detail: noConnectorsOfName },
      { clean: 3, unanswered: last },
    ),
  },
  {
    when: "a connector is offered by an event and by name: offers it once",
    unanswered: last,
    listed: lists(byName("told")),
    named: { told: found("told", { name }) },
    isNameShared: true,
    offered: ["told"],
    step: { kind: "not_there", data: settled },
  },
  // Nothing found.
  {
    when: "the first of three looks finds nothing: looks again when the second is due",
    listed: nothing,
    offered: [],
    step: parked(nowMs + 2000, {
      clean: 3,
      unanswered: unansweredOf(1, { lookedAtMs: nowMs }),
      what: "looked for the connector, not there (1 of 3)",
    }),
  },
  {
    when: "a look finds only connectors nobody can attribute: looks again, and judges nothing yet",
    unanswered: unansweredOf(1),
    listed: lists(byName("one"), byName("two")),
    offered: [],
    step: parked(nowMs + 7000, {
      clean: 3,
      unanswered: unansweredOf(2, { lookedAtMs: nowMs }),
      what: "looked for the connector, not there (2 of 3)",
    }),
  },
  {
    when: "the last look finds nothing: allows another create",
    unanswered: last,
    data: { attempts: 3 },
    listed: nothing,
    offered: [],
    step: { kind: "not_there", data: { ...settled, attempts: 3 } },
  },
  {
    when: "the last look finds nothing before the one attempt there may be: allows the create",
    unanswered: last,
    run: { maxAttempts: 1 },
    listed: nothing,
    offered: [],
    step: { kind: "not_there", data: settled },
  },
  {
    when: "the last look finds nothing after the last attempt: fails",
    unanswered: last,
    data: { attempts: 4 },
    listed: nothing,
    offered: [],
    step: failed({ code: "bird_unavailable" }, { clean: 3, checkedAtMs: nowMs, attempts: 4 }),
  },
  {
    when: "the last look finds nothing and the install stalled 25 times: allows another create",
    unanswered: last,
    run: { stalls: 25 },
    listed: nothing,
    offered: [],
    step: { kind: "not_there", data: settled },
  },
  {
    when: "the last look finds nothing and the install stalled 26 times: fails, as it may kill workers",
    unanswered: last,
    run: { stalls: 26 },
    listed: nothing,
    offered: [],
    step: failed(
      { code: "internal", detail: "It was left without a worker 26 times; nothing was created at Bird." },
      { clean: 3, checkedAtMs: nowMs },
    ),
  },
  // Bird does not say.
  {
    when: "Bird refuses the key: holds the workspace",
    listed: { kind: "unauthorized" },
    step: parked(nowMs + 30_000, {
      clean: 3,
      unanswered: unansweredOf(0),
      held: "unauthorized",
      what: "held: Bird refuses the access key",
    }),
  },
  {
    when: "the key may not list: fails, because a create may be out",
    listed: { kind: "forbidden" },
    step: failed(
      {
        code: "ambiguous_submission",
        detail: "The access key may not list connectors: allow it to view /workspaces/*/connectors.",
        nothingSent: undefined,
      },
      { clean: 3, unanswered: unansweredOf(0) },
    ),
  },
  {
    when: "the key may not list, and only Redis may have forgotten a create: says that nothing was sent",
    unanswered: unansweredOf(0, { why: "restored" }),
    listed: { kind: "forbidden" },
    step: failed(
      {
        code: "ambiguous_submission",
        detail: "The access key may not list connectors: allow it to view /workspaces/*/connectors.",
        nothingSent: true,
      },
      { clean: 3, unanswered: unansweredOf(0, { why: "restored" }) },
    ),
  },
  ...([{ kind: "unavailable", reason: "HTTP 502" }, { kind: "not_found" }] as const).map((listed) => ({
    when: `the list is ${listed.kind}: looks again after the backoff, and an attempt counts`,
    data: { attempts: 1 },
    listed,
    step: parked(nowMs + 2000, {
      clean: 3,
      unanswered: unansweredOf(0),
      attempts: 2,
      what: "could not look for the connector: Bird does not answer",
    }),
  })),
  {
    when: "a connector that an event named cannot be read now: looks again after the backoff",
    listed: lists(own),
    named: { told: { kind: "unavailable", reason: "HTTP 502" } },
    step: parked(nowMs + 1000, {
      clean: 3,
      unanswered: unansweredOf(0),
      attempts: 1,
      what: "could not look for the connector: Bird does not answer",
    }),
  },
  {
    when: "a connector that an event named is refused with 401: holds the workspace",
    listed: nothing,
    named: { told: { kind: "unauthorized" } },
    step: parked(nowMs + 30_000, {
      clean: 3,
      unanswered: unansweredOf(0),
      held: "unauthorized",
      what: "held: Bird refuses the access key",
    }),
  },
  {
    when: "the list cannot be read at the last attempt: fails as ambiguous",
    data: { attempts: 3 },
    listed: { kind: "unavailable", reason: "HTTP 502" },
    step: failed({ code: "ambiguous_submission" }, { clean: 3, unanswered: unansweredOf(0), attempts: 4 }),
  },
];

const look = async (one: Case) => {
  let offered: readonly string[] | undefined;
  const lookAgain = createLookAgain({
    connectors: noConnectors({
      list: async (workspace) => {
        assert.equal(workspace, workspaceId);
        const listed = one.listed ?? assert.fail("Bird must not be asked");
        return listed.kind === "found"
          ? { kind: "found", value: { results: [...listed.value], nextPageToken: undefined } }
          : listed;
      },
      get: async (_workspace, id) => one.named?.[id] ?? assert.fail(`${id} must not be read`),
    }),
    holds: {
      holdUnauthorized: async () => ({ reason: "unauthorized", untilMs: nowMs + 30_000 }),
    },
    matching: {
      findUnmatched: async () => Object.keys(one.named ?? {}),
      ownersOf: async (_installId, ids) => ids.map((id) => one.owners?.[id]),
    },
    readBudget: { peek: async () => one.waitMs ?? 0 },
    template: "whatsapp:1",
    lookDelaysMs,
    backoff,
    adopt: async (_run, ids) => {
      offered = ids;
      return one.step === adopted ? adopted : undefined;
    },
    isNameShared: async () => one.isNameShared ?? false,
    now: () => nowMs,
  });
  const step = await lookAgain(runOf(one.data, one.run), one.unanswered ?? unansweredOf(0), one.news);
  return { step, offered };
};

for (const one of cases) {
  test(`after a create without an answer, ${one.when}`, async () => {
    const { step, offered } = await look(one);
    assert.deepEqual(step, one.step);
    assert.deepEqual(offered, one.offered);
  });
}

for (const { when, taken, binds, step } of [
  { when: "the first is free: binds it", taken: [], binds: ["a"], step: adopted },
  {
    when: "the first is another install's: binds the second",
    taken: ["a"],
    binds: ["a", "b"],
    step: adopted,
  },
  { when: "all are other installs': binds none", taken: ["a", "b"], binds: ["a", "b"], step: undefined },
]) {
  test(`of connectors to adopt, ${when}`, async () => {
    const bound: string[] = [];
    const adopt = createAdopt({
      bindConnector: async (_run, { connectorId, isAdopted }) => {
        assert.ok(isAdopted);
        bound.push(connectorId);
        return taken.includes(connectorId) ? undefined : adopted;
      },
    });
    assert.deepEqual(await adopt(runOf(), ["a", "b"]), step);
    assert.deepEqual(bound, binds);
  });
}
