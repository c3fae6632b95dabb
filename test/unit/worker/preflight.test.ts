import assert from "node:assert/strict";
import test from "node:test";
import type { Preparation } from "../../../src/bird/prepare-workspace.ts";
import type { SubscriptionProblem, SubscriptionState } from "../../../src/install/workspace-state.ts";
import { createLog } from "../../../src/log.ts";
import type { Hold } from "../../../src/queue/gate/holds.ts";
import type { Step } from "../../../src/worker/run.ts";
import { createPreflight } from "../../../src/worker/submit/preflight.ts";
import { failed, nowMs, parked, runOf } from "./run-fixture.ts";

const url = "https://perch.example/webhooks/bird";
const hold: Hold = { reason: "rate_limited", untilMs: nowMs + 9000 };
const dayMs = 86_400_000;

const problem = (cause: SubscriptionProblem["cause"]): SubscriptionProblem => ({
  cause,
  what: "it is so",
  fix: "mend it",
});
const missing = (cause: SubscriptionProblem["cause"], ageMs = 1000): SubscriptionState => ({
  status: "missing",
  checkedAtMs: nowMs - ageMs,
  problem: problem(cause),
});
const present = (ageMs: number, at: string | undefined = url): SubscriptionState => ({
  status: "present",
  checkedAtMs: nowMs - ageMs,
  url: at,
});
const away = (sinceMs: number, ageMs = 1000): SubscriptionState => ({
  status: "unavailable",
  checkedAtMs: nowMs - ageMs,
  problem: problem("away"),
  awaySinceMs: nowMs - sinceMs,
});
const isAway: Preparation = { kind: "unavailable", problem: problem("away") };

const refused = parked(nowMs + 30_000, {
  held: "unauthorized",
  clean: 3,
  what: "held: Bird refuses the access key",
});
const wait = (forMs: number): Step => parked(nowMs + forMs, { clean: 3 });
const noSubscription = failed(
  { code: "subscription_missing", detail: "It says: it is so: mend it." },
  { clean: 3 },
);

interface Case {
  readonly when: string;
  /** Undefined: it cannot be opened. */
  readonly accessKey?: string | undefined;
  /** What is remembered of the workspace's subscription: before, and after Bird was asked. */
  readonly state?: SubscriptionState;
  readonly stateAfter?: SubscriptionState;
  readonly hold?: Hold;
  /** What asking Bird comes to; left out, Bird must not be asked. */
  readonly prepared?: Preparation;
  /** Undefined: nothing keeps the install from its create. */
  readonly step: Step | undefined;
}

const cases: readonly Case[] = [
  {
    when: "the workspace's access key cannot be opened: holds it, whatever is known of its subscription",
    accessKey: undefined,
    state: present(0),
    step: parked(nowMs + 30_000, {
      held: "unauthorized",
      clean: 3,
      what: "held: the workspace's own access key cannot be opened with SEALING_KEYS",
    }),
  },
  // What is remembered.
  { when: "the subscription was seen within a day: goes on", state: present(dayMs - 1), step: undefined },
  {
    when: "the subscription was seen a day ago: asks Bird again",
    state: present(dayMs),
    prepared: { kind: "present", url },
    step: undefined,
  },
  {
    when: "the subscription that was seen goes elsewhere: asks Bird again",
    state: present(0, "https://old.example/"),
    prepared: { kind: "present", url },
    step: undefined,
  },
  {
    when: "the subscription that was seen names no address: asks Bird again",
    state: { status: "present", checkedAtMs: nowMs },
    prepared: { kind: "present", url },
    step: undefined,
  },
  ...(["may_not_create", "full", "refused"] as const).map((cause) => ({
    when: `Bird will not have the subscription (${cause}), seen moments ago: fails without asking again`,
    state: missing(cause),
    step: noSubscription,
  })),
  ...(["not_configured", "may_not_view", "unknown_workspace"] as const).map((cause) => ({
    when: `nobody knows whether there is a subscription (${cause}): goes on, and is polled`,
    state: missing(cause),
    step: undefined,
  })),
  {
    when: "it was missing moments ago, and why is not known: goes on, and is polled",
    state: { status: "missing", checkedAtMs: nowMs - 1000 },
    step: undefined,
  },
  {
    when: "a subscription that was missing half a minute ago: asks Bird again",
    state: missing("full", 30_000),
    prepared: { kind: "created", url },
    step: undefined,
  },
  {
    when: "a key that was refused is never remembered: asks Bird again",
    state: missing("bad_key", 0),
    prepared: { kind: "present", url },
    step: undefined,
  },
  {
    when: "Bird has been away for under a minute: waits five seconds",
    state: away(59_999),
    step: wait(5000),
  },
  { when: "Bird has been away for a minute: goes on, and is polled", state: away(60_000), step: undefined },
  {
    when: "Bird was away five seconds ago: asks it again",
    state: away(20_000, 5000),
    prepared: { kind: "present", url },
    step: undefined,
  },
  // What stands in the way of asking.
  {
    when: "nothing is known and the workspace is held: waits for the hold, and asks Bird nothing",
    hold,
    step: parked(hold.untilMs, { held: "rate_limited", clean: 3, what: "held: Bird asked to slow down" }),
  },
  {
    when: "the subscription is known and the workspace is held: goes on to the gate",
    state: present(0),
    hold,
    step: undefined,
  },
  // What Bird says.
  { when: "Bird has the subscription: goes on", prepared: { kind: "present", url }, step: undefined },
  { when: "Perch made the subscription: goes on", prepared: { kind: "created", url }, step: undefined },
  {
    when: "another process asks Bird just now: looks again soon",
    prepared: { kind: "busy" },
    step: wait(250),
  },
  ...(["may_not_create", "full", "refused"] as const).map((cause) => ({
    when: `Bird will not have the subscription (${cause}): fails`,
    prepared: { kind: "missing", problem: problem(cause) } as const,
    step: noSubscription,
  })),
  ...(["not_configured", "may_not_view", "unknown_workspace"] as const).map((cause) => ({
    when: `Bird does not say whether there is a subscription (${cause}): goes on, and is polled`,
    prepared: { kind: "missing", problem: problem(cause) } as const,
    step: undefined,
  })),
  {
    when: "Bird refuses the key: holds the workspace",
    prepared: { kind: "missing", problem: problem("bad_key") },
    step: refused,
  },
  {
    when: "Bird does not answer, for the first time: waits five seconds",
    prepared: isAway,
    step: wait(5000),
  },
  {
    when: "Bird does not answer, and has not for a minute: goes on, and is polled",
    prepared: isAway,
    stateAfter: away(60_000, 0),
    step: undefined,
  },
];

const setUp = (one: Omit<Case, "step" | "when">, prepare: () => Promise<Preparation>) => {
  let isAsked = false;
  let finds = 0;
  const lines: string[] = [];
  const preflight = createPreflight({
    accessKeys: { get: async () => ("accessKey" in one ? one.accessKey : "key") },
    holds: {
      find: async () => one.hold,
      holdUnauthorized: async () => ({ reason: "unauthorized", untilMs: nowMs + 30_000 }),
    },
    states: {
      find: async () => {
        finds += 1;
        return isAsked ? one.stateAfter : one.state;
      },
    },
    prepare: () => {
      isAsked = true;
      return prepare();
    },
    ownUrls: () => [url],
    log: createLog({ level: "trace", role: "test", destination: { write: (line) => lines.push(line) } }),
    now: () => nowMs,
  });
  return {
    lines,
    preflight,
    isAsked: () => isAsked,
    finds: () => finds,
  };
};

for (const one of cases) {
  test(`before a create, ${one.when}`, async () => {
    const { prepared } = one;
    const { preflight, isAsked } = setUp(one, async () => prepared ?? assert.fail("Bird must not be asked"));
    assert.deepEqual(await preflight(runOf()), one.step);
    assert.equal(isAsked(), prepared !== undefined);
  });
}

test("an install that waited for the same hold before adds nothing to its timeline", async () => {
  const { preflight } = setUp({ hold }, async () => assert.fail("Bird must not be asked"));
  assert.deepEqual(
    await preflight(runOf({}, { heldFor: "rate_limited" })),
    parked(hold.untilMs, { held: "rate_limited", clean: 3 }),
  );
});

test("where Perch does not know its own address, only the access key is checked", async () => {
  const preflight = createPreflight({
    accessKeys: { get: async () => "key" },
    holds: { find: async () => hold, holdUnauthorized: async () => assert.fail("must not be held") },
    states: { find: async () => missing("full") },
    prepare: undefined,
    ownUrls: () => [],
    log: createLog({ level: "silent", role: "test" }),
    now: () => nowMs,
  });
  assert.equal(await preflight(runOf()), undefined);
});

test("one install of a workspace asks Bird; the others give their places back until it is done", async () => {
  const { promise, resolve } = Promise.withResolvers<Preparation>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  let asks = 0;
  const { preflight } = setUp({}, () => {
    asks += 1;
    begin();
    return promise;
  });
  const first = preflight(runOf());
  await begun;
  assert.partialDeepStrictEqual(await preflight(runOf()), { kind: "park", untilMs: nowMs + 250 });
  resolve({ kind: "present", url });
  assert.equal(await first, undefined);
  assert.equal(asks, 1);
  assert.equal(await preflight(runOf()), undefined);
  assert.equal(asks, 2, "its turn ends with it");
});

test("a subscription that is there is read from Redis once in a while; one that is not, each time", async () => {
  const believed = setUp({ state: present(0) }, async () => assert.fail("Bird must not be asked"));
  for (let n = 0; n < 3; n += 1) await believed.preflight(runOf());
  assert.equal(believed.finds(), 1);
  const doubted = setUp({ state: missing("full") }, async () => assert.fail("Bird must not be asked"));
  for (let n = 0; n < 3; n += 1) await doubted.preflight(runOf());
  assert.equal(doubted.finds(), 3);
});

test("what a process remembered before it asked Bird is forgotten when Bird has answered", async () => {
  const { preflight, finds } = setUp(
    { state: present(0, "https://old.example/"), stateAfter: present(0) },
    async () => ({
      kind: "created",
      url,
    }),
  );
  assert.equal(await preflight(runOf()), undefined);
  assert.equal(await preflight(runOf()), undefined);
  assert.equal(finds(), 2, "read before Bird was asked, and once more afterwards");
});

for (const [prepared, says] of [
  [
    { kind: "created", url },
    { msg: "subscribed to channel.created", url },
  ],
  [
    { kind: "missing", problem: problem("full") },
    { msg: "no subscription to channel.created is known of", reason: "it is so: mend it" },
  ],
  [isAway, { msg: "no subscription to channel.created is known of", reason: "it is so: mend it" }],
  [{ kind: "present", url }, undefined],
  [{ kind: "busy" }, undefined],
] as const) {
  test(`that Bird's subscription is ${prepared.kind} is ${says === undefined ? "no news" : "logged"}`, async () => {
    const { preflight, lines } = setUp({}, async () => prepared);
    await preflight(runOf());
    const { workspaceId } = runOf().data.request;
    const expected = says === undefined ? [] : [{ workspaceId, ...says }];
    assert.equal(lines.length, expected.length);
    assert.partialDeepStrictEqual(
      lines.map((line) => JSON.parse(line)),
      expected,
    );
  });
}
