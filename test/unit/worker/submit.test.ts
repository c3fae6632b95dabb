import assert from "node:assert/strict";
import test from "node:test";
import type { ConnectorCreate, CreateOutcome } from "../../../src/bird/connectors.ts";
import type { Passage } from "../../../src/queue/gate/gate.ts";
import type { Hold } from "../../../src/queue/gate/holds.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import { UnsealError } from "../../../src/queue/secrets/seal.ts";
import type { Run, Step } from "../../../src/worker/run.ts";
import { createSubmit } from "../../../src/worker/submit/submit.ts";
import { failed, nowMs, parked, runOf, storedData } from "./run-fixture.ts";

const throttledMaxMs = 86_400_000;
const create = { phoneNumber: storedData.request.phoneNumber, atMs: nowMs, by: "a:b" };
const go: Passage = { kind: "go", lockMs: 30_000, create };
const created: CreateOutcome = { kind: "created", connectorId: "c" };
/** What settling the outcome comes to. */
const settled: Step = { kind: "park", untilMs: nowMs + 5, connectorId: "c" };
const obstacle = parked(nowMs + 250);
const unanswered = { sinceMs: nowMs - 5000, looks: 0 };
const unreadable = new UnsealError("The sealed copy cannot be opened.", { reason: "key_missing" });
const limited: Hold = { reason: "rate_limited", untilMs: nowMs + 9000 };
const refused: Hold = { reason: "unauthorized", untilMs: nowMs + 9000 };
const slowDown = "held: Bird asked to slow down";
const badKey = "held: Bird refuses the access key";
/** Since when 429 has lasted: exactly as long as it may, and a moment longer. */
const aDay = { sinceMs: nowMs - throttledMaxMs, times: 3 };
const overADay = { sinceMs: nowMs - throttledMaxMs - 1, times: 3 };
const nextAt = "The next one is allowed at 2023-11-14T23:13:20.000Z.";

interface Case {
  readonly when: string;
  readonly data?: Partial<InstallData>;
  readonly run?: Partial<Run>;
  /** A create that this run suspects although the stored data say nothing of one. */
  readonly suspected?: NonNullable<InstallData["unanswered"]>;
  readonly isCancelled?: boolean;
  /** The hold that a look meets. */
  readonly hold?: Hold;
  /** What a look comes to. */
  readonly looked?: Step | { readonly kind: "not_there"; readonly data: InstallData };
  /** What the workspace lacks. */
  readonly obstacle?: Step;
  readonly passage?: Passage;
  readonly outcome?: CreateOutcome;
  /** The sealed tokens cannot be opened. */
  readonly isSealed?: boolean;
  /** Opening them fails otherwise. */
  readonly sealFault?: Error;
  /** Lifting the hold fails. */
  readonly isLiftFailing?: boolean;
  readonly step: Step;
  /** What was asked and done, in order. */
  readonly calls: readonly string[];
}

const upToGate = ["open", "prepare", "gate", "report answer"];
const posted = [...upToGate, "report create", "post"];

const cases: readonly Case[] = [
  // Before anything is asked.
  {
    when: "a worker that stops: gives the install back, clean, and asks nothing",
    data: { held: "rate_limited", paused: true, nextActionAtMs: 1 },
    run: { signal: AbortSignal.abort() },
    step: { kind: "park", untilMs: nowMs, data: { ...storedData, clean: 3 } },
    calls: [],
  },
  // A create may be out: looks first.
  {
    when: "a create without an answer: looks, and does what the look says",
    data: { unanswered },
    looked: settled,
    step: settled,
    calls: ["cancelled?", "hold?", "look"],
  },
  {
    when: "a create that this run suspects: looks, and says why",
    suspected: unanswered,
    looked: settled,
    step: settled,
    calls: ["cancelled?", "hold?", "look: it is suspected"],
  },
  {
    when: "a look that ends in not there: goes on to the create, without the doubt",
    data: { unanswered },
    looked: { kind: "not_there", data: { ...storedData, checkedAtMs: nowMs } },
    step: settled,
    calls: ["cancelled?", "hold?", "look", ...posted, "settle created {checkedAtMs}"],
  },
  {
    when: "a cancelled install with a create without an answer: ends cancelled, and does not look",
    data: { unanswered, held: "rate_limited", nextActionAtMs: 1 },
    isCancelled: true,
    step: failed({ code: "cancelled" }, { unanswered }),
    calls: ["cancelled?"],
  },
  {
    when: "a look in a held workspace: waits for the hold, and does not look",
    data: { unanswered },
    hold: refused,
    step: parked(refused.untilMs, { unanswered, clean: 3, held: "unauthorized", what: badKey }),
    calls: ["cancelled?", "hold?"],
  },
  {
    when: "a look in a workspace that Bird has slowed down for over a day: fails",
    data: { unanswered, throttled: overADay },
    hold: limited,
    step: failed({ code: "rate_limited" }, { unanswered, throttled: overADay, clean: 3 }),
    calls: ["cancelled?", "hold?"],
  },
  // What the workspace needs.
  {
    when: "a workspace that is not ready: waits for that, and does not ask the gate",
    obstacle,
    step: obstacle,
    calls: ["open", "prepare", "cancelled?"],
  },
  {
    when: "a cancelled install in a workspace that is not ready: ends cancelled",
    obstacle,
    isCancelled: true,
    step: failed({ code: "cancelled" }),
    calls: ["open", "prepare", "cancelled?"],
  },
  // What the gate says.
  {
    when: "a lost lock: leaves the install to its other run",
    passage: { kind: "lock_lost" },
    step: { kind: "leave", why: "the lock was lost before the create" },
    calls: upToGate,
  },
  {
    when: "a cancelled install: ends cancelled",
    data: { nextActionAtMs: 1 },
    passage: { kind: "cancelled" },
    step: failed({ code: "cancelled" }, { clean: 3 }),
    calls: upToGate,
  },
  {
    when: "a number that another install stands for by now: ends cancelled, and names that one",
    passage: { kind: "replaced", byId: "another" },
    step: failed(
      {
        code: "cancelled",
        detail: "Install another stands for the number by now; nothing was sent for this one.",
      },
      { clean: 3 },
    ),
    calls: upToGate,
  },
  {
    when: "a paused batch: waits until the batch wakes it, or an hour",
    passage: { kind: "paused" },
    step: { kind: "park", untilMs: nowMs + 3_600_000, data: { ...storedData, clean: 3, paused: true } },
    calls: upToGate,
  },
  {
    when: "a workspace held as unauthorized: waits for the hold",
    passage: { kind: "held", hold: refused },
    step: parked(refused.untilMs, { clean: 3, held: "unauthorized", what: badKey }),
    calls: upToGate,
  },
  {
    when: "a workspace held as unauthorized for long after a 429: waits, as the 429 is not why",
    data: { throttled: overADay },
    passage: { kind: "held", hold: refused },
    step: parked(refused.untilMs, { clean: 3, throttled: overADay, held: "unauthorized", what: badKey }),
    calls: upToGate,
  },
  {
    when: "a workspace that Bird has just slowed down: waits, and its time begins",
    passage: { kind: "held", hold: limited },
    step: parked(limited.untilMs, {
      clean: 3,
      throttled: { sinceMs: nowMs, times: 0 },
      held: "rate_limited",
      what: slowDown,
    }),
    calls: upToGate,
  },
  {
    when: "a workspace that Bird has slowed down for exactly a day: waits once more",
    data: { throttled: aDay },
    passage: { kind: "held", hold: limited },
    step: parked(limited.untilMs, { clean: 3, throttled: aDay, held: "rate_limited", what: slowDown }),
    calls: upToGate,
  },
  {
    when: "a workspace that Bird has slowed down for over a day: fails",
    data: { throttled: overADay },
    passage: { kind: "held", hold: limited },
    step: failed({ code: "rate_limited" }, { clean: 3, throttled: overADay }),
    calls: upToGate,
  },
  {
    when: "a POST budget that is used up: waits for the place it reserved",
    passage: { kind: "wait", slotMs: nowMs + 40 },
    step: parked(nowMs + 40, { clean: 3, slotMs: nowMs + 40 }),
    calls: upToGate,
  },
  {
    when: "an install that comes before its place: keeps it, and not again within a second",
    data: { slotMs: nowMs + 40 },
    passage: { kind: "wait", slotMs: nowMs + 40 },
    step: parked(nowMs + 1000, { clean: 3, slotMs: nowMs + 40 }),
    calls: upToGate,
  },
  {
    when: "an install that comes long before its place: waits for that",
    data: { slotMs: nowMs + 7000 },
    passage: { kind: "wait", slotMs: nowMs + 7000 },
    step: parked(nowMs + 7000, { clean: 3, slotMs: nowMs + 7000 }),
    calls: upToGate,
  },
  {
    when: "a number that was created as often as it may be: fails, and says when the next is allowed",
    passage: { kind: "exhausted", nextAtMs: nowMs + 3_600_000 },
    step: failed({ code: "number_attempts_exhausted", detail: nextAt }, { clean: 3 }),
    calls: upToGate,
  },
  {
    when: "the gate, as part of a batch's canary: names both",
    data: { batchId: "batch", canary: true, request: { ...storedData.request, priority: "interactive" } },
    passage: { kind: "lock_lost" },
    step: { kind: "leave", why: "the lock was lost before the create" },
    calls: upToGate,
  },
  // Tokens that cannot be opened.
  {
    when: "tokens that cannot be opened: fails at its turn, and the create does not count",
    data: { slotMs: nowMs - 10 },
    isSealed: true,
    step: failed({ code: "token_unreadable", detail: unreadable.message }, { clean: 3 }),
    calls: ["open", "gate", "report answer", "take back"],
  },
  {
    when: "tokens that cannot be opened, in a held workspace: waits like every other install",
    isSealed: true,
    passage: { kind: "held", hold: refused },
    step: parked(refused.untilMs, { clean: 3, held: "unauthorized", what: badKey }),
    calls: ["open", "gate", "report answer"],
  },
  // The outcome.
  ...(
    [
      { outcome: created },
      { outcome: { kind: "unknown", reason: "ETIMEDOUT", birdStatus: undefined } },
    ] satisfies readonly { readonly outcome: CreateOutcome }[]
  ).map(({ outcome }) => ({
    when: `${outcome.kind}: the create counts, and the run is not clean`,
    outcome,
    step: settled,
    calls: [...posted, `settle ${outcome.kind} {}`],
  })),
  ...(
    [
      { kind: "rate_limited", retryAfterMs: 1 },
      { kind: "denied", code: "unauthorized" },
      { kind: "rejected", birdStatus: 422, birdCode: undefined },
      { kind: "workspace_not_found", birdCode: undefined },
      { kind: "conflict", birdCode: undefined, candidateIds: [] },
      { kind: "not_sent", reason: "ECONNREFUSED" },
      { kind: "withheld" },
    ] satisfies readonly CreateOutcome[]
  ).map((outcome) => ({
    when: `${outcome.kind}: nothing was created, so the create does not count and the run is clean`,
    outcome,
    step: settled,
    calls: [...posted, "take back", `settle ${outcome.kind} {clean}`],
  })),
  {
    when: "an install that had a place, was held and paused: none of that stays once it is sent",
    data: { slotMs: nowMs, held: "rate_limited", paused: true, nextActionAtMs: 1 },
    step: settled,
    calls: [...posted, "settle created {}"],
  },
  {
    when: "an install that only waited for others' 429: that time is over",
    data: { throttled: { sinceMs: 1, times: 0 } },
    step: settled,
    calls: [...posted, "settle created {}"],
  },
  {
    when: "an install that was answered 429 itself: that time goes on",
    data: { throttled: { sinceMs: 1, times: 1 } },
    step: settled,
    calls: [...posted, "settle created {throttled}"],
  },
  // The install that tries whether a hold is over.
  ...(
    [
      created,
      { kind: "rejected", birdStatus: 422, birdCode: undefined },
      { kind: "workspace_not_found", birdCode: undefined },
      { kind: "conflict", birdCode: undefined, candidateIds: [] },
    ] satisfies readonly CreateOutcome[]
  ).map((outcome) => ({
    when: `${outcome.kind}, for the install that tries whether a hold is over: lifts the hold`,
    passage: { ...go, isProbe: true },
    outcome,
    step: settled,
    calls:
      outcome.kind === "created"
        ? [...posted, "settle created {}", "lift"]
        : [...posted, "take back", `settle ${outcome.kind} {clean}`, "lift"],
  })),
  ...(
    [
      { kind: "rate_limited", retryAfterMs: 1 },
      { kind: "denied", code: "unauthorized" },
      { kind: "not_sent", reason: "ECONNREFUSED" },
      { kind: "withheld" },
    ] satisfies readonly CreateOutcome[]
  ).map((outcome) => ({
    when: `${outcome.kind}, for the install that tries whether a hold is over: the hold stays`,
    passage: { ...go, isProbe: true },
    outcome,
    step: settled,
    calls: [...posted, "take back", `settle ${outcome.kind} {clean}`],
  })),
  {
    when: "a hold that cannot be lifted: the step stands all the same",
    passage: { ...go, isProbe: true },
    isLiftFailing: true,
    step: settled,
    calls: [...posted, "settle created {}", "lift"],
  },
];

/** The members of an install's data beyond what was stored. */
const added = ({ request: _, sealed: __, ...data }: InstallData): string =>
  `{${Object.entries(data).flatMap(([name, value]) => (value === undefined ? [] : [name]))}}`;

const submit = async (
  one: Omit<Case, "when" | "step" | "calls">,
  {
    onCreate = () => undefined,
    machineNow = () => nowMs,
  }: {
    readonly onCreate?: (body: ConnectorCreate, maySend: () => boolean) => void;
    readonly machineNow?: () => number;
  } = {},
) => {
  const calls: string[] = [];
  const run = runOf(one.data, one.run);
  const { data: _, ...withoutData } = run;
  const submitRun = createSubmit({
    connectors: {
      create: async (workspaceId, body, { maySend = () => false, signal } = {}) => {
        assert.deepEqual([workspaceId, signal], [storedData.request.workspaceId, run.signal]);
        calls.push("post");
        onCreate(body, maySend);
        return one.outcome ?? created;
      },
    },
    gate: {
      ask: async (question) => {
        const { workspaceId, phoneId, phoneNumber } = storedData.request;
        const { installId, token, runNumber } = runOf();
        assert.partialDeepStrictEqual(question, {
          ...{ installId, token, runNumber, workspaceId, phoneId, phoneNumber },
          ...{ band: "interactive", batchId: one.data?.batchId, canary: one.data?.canary },
        });
        assert.equal(question.slotMs, one.data?.slotMs);
        calls.push("gate");
        return one.passage ?? go;
      },
      isCancelled: async () => {
        calls.push("cancelled?");
        return one.isCancelled ?? false;
      },
      takeBack: async (counted) => {
        assert.equal(counted, create);
        calls.push("take back");
      },
    },
    findHold: async () => {
      calls.push("hold?");
      return one.hold;
    },
    preflight: async () => {
      calls.push("prepare");
      return one.obstacle;
    },
    seal: {
      open: async (sealed, { installId, workspaceId }) => {
        assert.deepEqual(
          { sealed, installId, workspaceId },
          {
            sealed: run.data.sealed ?? "",
            installId: run.installId,
            workspaceId: storedData.request.workspaceId,
          },
        );
        calls.push("open");
        if (one.sealFault !== undefined) throw one.sealFault;
        if (one.isSealed === true) throw unreadable;
        return { accessToken: "token", invitationToken: "invitation" };
      },
    },
    template: "whatsapp:1",
    requestTimeoutMs: 30_000,
    detectLostCreate: async ({ data }) =>
      one.suspected === undefined
        ? { data }
        : { data: { ...data, unanswered: one.suspected }, news: "it is suspected" },
    lookAgain: async (_run, _unanswered, news) => {
      calls.push(news === undefined ? "look" : `look: ${news}`);
      return one.looked ?? assert.fail("must not look");
    },
    settle: async ({ data, ...rest }, outcome) => {
      assert.deepEqual({ ...rest, request: data.request }, { ...withoutData, request: storedData.request });
      calls.push(`settle ${outcome.kind} ${added(data)}`);
      return settled;
    },
    liftHold: async () => {
      calls.push("lift");
      if (one.isLiftFailing === true) throw new Error("Redis does not answer");
    },
    observer: {
      onGate: ({ workspaceId, passage }) => {
        assert.deepEqual(
          { workspaceId, passage },
          { workspaceId: storedData.request.workspaceId, passage: one.passage ?? go },
        );
        calls.push("report answer");
      },
      onSubmit: ({ installId, data }) => {
        assert.equal(installId, run.installId);
        assert.equal(data.slotMs, undefined);
        calls.push("report create");
      },
    },
    now: () => nowMs,
    machineNow,
  });
  return { step: await submitRun(run), calls };
};

for (const { when, step, calls, ...one } of cases) {
  test(`a submit that meets ${when}`, async () => {
    assert.deepEqual(await submit(one), { step, calls });
  });
}

test("the create carries the request and the opened tokens, and nothing else", async () => {
  const bodies: ConnectorCreate[] = [];
  await submit({}, { onCreate: (body) => bodies.push(body) });
  const { wabaId, phoneId, phoneNumber, name } = storedData.request;
  assert.deepEqual(bodies, [
    {
      name,
      connectorTemplateRef: "whatsapp:1",
      arguments: { wabaId, phoneId, phoneNumber, mbPhoneId: undefined },
      securityArguments: { oauth: { accessToken: "token" } },
      channelConversationalStatusEnabled: undefined,
      invitationToken: "invitation",
    },
  ]);
});

for (const { sleptMs, maySend } of [
  { sleptMs: 0, maySend: true },
  { sleptMs: 9999, maySend: true },
  { sleptMs: 10_000, maySend: false },
]) {
  test(`a machine that slept ${sleptMs} ms after the gate ${maySend ? "may" : "must not"} send, with a lock of 30 s`, async () => {
    let machineMs = nowMs;
    const answers: boolean[] = [];
    await submit(
      {},
      {
        machineNow: () => machineMs,
        onCreate: (_body, ask) => {
          machineMs += sleptMs;
          answers.push(ask());
        },
      },
    );
    assert.deepEqual(answers, [maySend]);
  });
}

test("an install without sealed tokens is no fault: opening nothing says what is wrong", async () => {
  const { step } = await submit({ data: { sealed: undefined }, isSealed: true });
  assert.equal(step.kind, "fail");
});

test("a fault while the tokens are opened is a fault of Perch, and sends nothing", async () => {
  const sealFault = new Error("out of memory");
  await assert.rejects(submit({ sealFault }), sealFault);
});

test("the signal that a worker stops reaches the create", async () => {
  const { signal } = new AbortController();
  const { calls } = await submit({ run: { signal } });
  assert.ok(calls.includes("post"));
});

test("how long a process has run already takes nothing from the lock", async () => {
  const answers: boolean[] = [];
  await submit(
    { passage: { ...go, lockMs: performance.now() } },
    { onCreate: (_body, maySend) => answers.push(maySend()) },
  );
  assert.deepEqual(answers, [true]);
});

test("a machine whose clock is set back must not send once the lock is over", async () => {
  let machineMs = nowMs;
  const answers: boolean[] = [];
  await submit(
    { passage: { ...go, lockMs: 0 } },
    {
      machineNow: () => {
        machineMs -= 60_000;
        return machineMs;
      },
      onCreate: (_body, maySend) => answers.push(maySend()),
    },
  );
  assert.deepEqual(answers, [false]);
});
