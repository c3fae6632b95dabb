import assert from "node:assert/strict";
import test from "node:test";
import type { ReadResult } from "../../../src/bird/answers.ts";
import { type Connector, type CreateOutcome, connectorSchema } from "../../../src/bird/connectors.ts";
import type { BirdWords } from "../../../src/install/errors/install-error.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import type { Run, Step } from "../../../src/worker/run.ts";
import { createSettleCreate } from "../../../src/worker/submit/settle.ts";
import { backoff, failed, noConnectors, nowMs, parked, runOf, storedData } from "./run-fixture.ts";

const connectorId = "11111111-1111-4111-8111-111111111111";
const otherId = "22222222-2222-4222-8222-222222222222";
const { workspaceId, phoneId, phoneNumber, name } = storedData.request;
const throttledMaxMs = 86_400_000;

/** What binding or adopting a connector comes to. */
const awaits: Step = { kind: "park", untilMs: nowMs + 5, connectorId };

interface Case {
  /** The outcome and what is special about it. */
  readonly when: string;
  readonly outcome: CreateOutcome;
  readonly data?: Partial<InstallData>;
  readonly run?: Partial<Run>;
  /** The connector is bound to another install. */
  readonly isTaken?: boolean;
  /** What Bird shows of the connectors that a 409 names, in order. */
  readonly named?: readonly ReadResult<Connector>[];
  /** What Bird lists. */
  readonly listed?: ReadResult<readonly Connector[]>;
  /** What follows. */
  readonly step: Step;
  /** What was changed outside the install, in order. */
  readonly effects?: readonly string[];
}

const found = (id: string, shown: object): ReadResult<Connector> => ({
  kind: "found",
  value: connectorSchema.parse({ id, ...shown }),
});
const connectorOf = (id: string, shown: object): Connector => connectorSchema.parse({ id, ...shown });
const conflict = (...candidateIds: string[]): CreateOutcome => ({
  kind: "conflict",
  birdCode: "AlreadyExists",
  candidateIds,
});
const conflictFailure = { code: "connector_conflict", birdStatus: 409, birdCode: "AlreadyExists" } as const;
const cannotRead = "Bird answered 409, but the existing connector cannot be read";
const throttled = { sinceMs: nowMs - 1000, times: 2 };
const reject = (birdStatus: number): CreateOutcome => ({ kind: "rejected", birdStatus, birdCode: "Invalid" });
const notFound: CreateOutcome = { kind: "workspace_not_found", birdCode: "NotFound" };
const unknown = (reason: string, birdStatus?: number, words: Partial<BirdWords> = {}): CreateOutcome => ({
  kind: "unknown",
  reason,
  birdStatus,
  ...words,
});
const unanswered = { clean: 3, unanswered: { sinceMs: nowMs, looks: 0 } };
const held = { held: "rate_limited", clean: 3 } as const;
const refused = { held: "unauthorized", clean: 3 } as const;

const cases: readonly Case[] = [
  {
    when: "created: binds the connector, and the attempt counts",
    outcome: { kind: "created", connectorId },
    step: awaits,
    effects: ["bind created, attempts 1"],
  },
  {
    when: "created, after two attempts: the attempt is the third",
    outcome: { kind: "created", connectorId },
    data: { attempts: 2 },
    step: awaits,
    effects: ["bind created, attempts 3"],
  },
  {
    when: "created, but the connector is another install's: fails",
    outcome: { kind: "created", connectorId },
    isTaken: true,
    data: { held: "rate_limited", nextActionAtMs: 1 },
    step: failed(
      { code: "connector_conflict", detail: `Connector ${connectorId} is another install's.` },
      { attempts: 1 },
    ),
    effects: ["bind created, attempts 1"],
  },
  {
    when: "429 with Retry-After: holds the workspace for that long; no attempt counts",
    outcome: { kind: "rate_limited", retryAfterMs: 7000 },
    step: parked(nowMs + 7000, {
      ...held,
      throttled: { sinceMs: nowMs, times: 1 },
      what: "Bird answered 429: too many requests",
    }),
    effects: ["hold for 7000"],
  },
  {
    when: "429 without Retry-After, the third time: holds it for the backoff of a third try",
    outcome: { kind: "rate_limited", retryAfterMs: undefined },
    data: { throttled },
    step: parked(nowMs + 4000, {
      ...held,
      throttled: { sinceMs: throttled.sinceMs, times: 3 },
      what: "Bird answered 429: too many requests",
    }),
    effects: ["hold for 4000"],
  },
  {
    when: "429 for exactly a day: waits once more",
    outcome: { kind: "rate_limited", retryAfterMs: 1 },
    data: { throttled: { sinceMs: nowMs - throttledMaxMs, times: 9 } },
    step: parked(nowMs + 1, {
      ...held,
      throttled: { sinceMs: nowMs - throttledMaxMs, times: 10 },
      what: "Bird answered 429: too many requests",
    }),
    effects: ["hold for 1"],
  },
  {
    when: "429 for longer than a day: fails, and holds nobody",
    outcome: { kind: "rate_limited", retryAfterMs: 1 },
    data: { throttled: { sinceMs: nowMs - throttledMaxMs - 1, times: 9 } },
    step: failed(
      { code: "rate_limited", birdStatus: 429 },
      { throttled: { sinceMs: nowMs - throttledMaxMs - 1, times: 10 } },
    ),
  },
  {
    when: "429 to an install that waited for the same hold before: the timeline repeats nothing",
    outcome: { kind: "rate_limited", retryAfterMs: 1 },
    run: { heldFor: "rate_limited" },
    step: parked(nowMs + 1, { ...held, throttled: { sinceMs: nowMs, times: 1 } }),
    effects: ["hold for 1"],
  },
  {
    when: "401: holds the workspace as unauthorized; no attempt counts",
    outcome: { kind: "denied", code: "unauthorized" },
    step: parked(nowMs + 30_000, { ...refused, what: "Bird answered 401: bad access key" }),
    effects: ["hold unauthorized"],
  },
  {
    when: "403: holds the workspace as unauthorized; no attempt counts",
    outcome: { kind: "denied", code: "forbidden" },
    step: parked(nowMs + 30_000, { ...refused, what: "Bird answered 403: key without the policy" }),
    effects: ["hold unauthorized"],
  },
  ...[400, 422].map((birdStatus) => ({
    when: `${birdStatus}: fails at once, as rejected`,
    outcome: reject(birdStatus),
    data: { held: "rate_limited", nextActionAtMs: 1 } as const,
    step: failed({ code: "rejected_by_bird", birdStatus, birdCode: "Invalid" }, { attempts: 1 }),
  })),
  {
    when: "404, the first time: tries again after the backoff, as the workspace may be new",
    outcome: notFound,
    step: parked(nowMs + 1000, {
      attempts: 1,
      workspaceTries: 1,
      clean: 3,
      what: "Bird answered 404: workspace not found",
    }),
  },
  {
    when: "404, the second time: tries again after the longer backoff",
    outcome: notFound,
    data: { workspaceTries: 1, attempts: 1 },
    step: parked(nowMs + 2000, {
      attempts: 2,
      workspaceTries: 2,
      clean: 3,
      what: "Bird answered 404: workspace not found",
    }),
  },
  {
    when: "404, the third time: fails",
    outcome: notFound,
    data: { workspaceTries: 2, attempts: 2 },
    step: failed(
      { code: "workspace_not_found", birdStatus: 404, birdCode: "NotFound" },
      { attempts: 3, workspaceTries: 3 },
    ),
  },
  {
    when: "409 that names this number's connector: adopts it",
    outcome: conflict(connectorId),
    named: [found(connectorId, { arguments: { phoneId } })],
    step: awaits,
    effects: [`get ${connectorId}`, `adopt ${connectorId}, attempts 1`],
  },
  {
    when: "409 that names a stranger's connector first: adopts this number's",
    outcome: conflict(otherId, connectorId),
    named: [found(otherId, { arguments: { phoneId: "1" } }), found(connectorId, { number: { phoneNumber } })],
    step: awaits,
    effects: [`get ${otherId}`, `get ${connectorId}`, `adopt ${connectorId}, attempts 1`],
  },
  {
    when: "409 that names a connector with the same name only: that proves nothing, and the list is read",
    outcome: conflict(connectorId),
    named: [found(connectorId, { name })],
    listed: { kind: "found", value: [] },
    step: failed(conflictFailure, { attempts: 1 }),
    effects: [`get ${connectorId}`, "list", "adopt nothing, attempts 1"],
  },
  {
    when: "409 that names a connector which is gone: adopts what the list shows of this number",
    outcome: conflict(otherId),
    named: [{ kind: "not_found" }],
    listed: { kind: "found", value: [connectorOf(connectorId, { arguments: { phoneId } })] },
    step: awaits,
    effects: [`get ${otherId}`, "list", `adopt ${connectorId}, attempts 1`],
  },
  {
    when: "409 that names nothing: a connector listed with the same name only is not adopted",
    outcome: conflict(),
    listed: { kind: "found", value: [connectorOf(connectorId, { name })] },
    step: failed(conflictFailure, { attempts: 1 }),
    effects: ["list", "adopt nothing, attempts 1"],
  },
  {
    when: "409 that names nothing: adopts the connector listed with Bird's number alone",
    outcome: conflict(),
    listed: { kind: "found", value: [connectorOf(connectorId, { number: { phoneNumber } })] },
    step: awaits,
    effects: ["list", `adopt ${connectorId}, attempts 1`],
  },
  {
    when: "409, and this number's connector is another install's: fails",
    outcome: conflict(),
    isTaken: true,
    listed: { kind: "found", value: [connectorOf(connectorId, { arguments: { phoneId } })] },
    step: failed(conflictFailure, { attempts: 1 }),
    effects: ["list", `adopt ${connectorId}, attempts 1`],
  },
  {
    when: "409, and the key may not list: fails, as nothing can be adopted",
    outcome: conflict(),
    listed: { kind: "forbidden" },
    step: failed(conflictFailure, { attempts: 1 }),
    effects: ["list"],
  },
  {
    when: "409, and the named connector cannot be read now: tries again",
    outcome: conflict(connectorId),
    named: [{ kind: "unavailable", reason: "HTTP 502" }],
    step: parked(nowMs + 1000, { attempts: 1, clean: 3, what: cannotRead }),
    effects: [`get ${connectorId}`],
  },
  {
    when: "409, and the list cannot be read now: tries again",
    outcome: conflict(),
    listed: { kind: "unavailable", reason: "HTTP 502" },
    step: parked(nowMs + 1000, { attempts: 1, clean: 3, what: cannotRead }),
    effects: ["list"],
  },
  {
    when: "409, and it cannot be read at the last attempt: fails",
    outcome: conflict(),
    data: { attempts: 3 },
    listed: { kind: "unavailable", reason: "HTTP 502" },
    step: failed({ code: "bird_unavailable", detail: `The last attempt: ${cannotRead}.` }, { attempts: 4 }),
    effects: ["list"],
  },
  {
    when: "not sent: tries again after the backoff",
    outcome: { kind: "not_sent", reason: "ECONNREFUSED" },
    data: { attempts: 2 },
    step: parked(nowMs + 4000, { attempts: 3, clean: 3, what: "could not reach Bird (ECONNREFUSED)" }),
  },
  {
    when: "not sent, at the last attempt: fails",
    outcome: { kind: "not_sent", reason: "ECONNREFUSED" },
    data: { attempts: 3, held: "unauthorized", nextActionAtMs: 1 },
    step: failed(
      { code: "bird_unavailable", detail: "The last attempt: could not reach Bird (ECONNREFUSED)." },
      { attempts: 4 },
    ),
  },
  {
    when: "withheld: comes again with backoff, and the attempt counts, so that a slow network ends it",
    outcome: { kind: "withheld" },
    step: parked(nowMs + 1000, {
      clean: 3,
      attempts: 1,
      what: "not sent: the connection to Bird came too late",
    }),
  },
  {
    when: "no answer: looks before any repeat, and the attempt counts",
    outcome: unknown("ETIMEDOUT"),
    step: parked(nowMs + 250, {
      ...unanswered,
      attempts: 1,
      what: "create was not answered (ETIMEDOUT): looking before any repeat",
    }),
  },
  {
    when: "5xx: looks before any repeat, and the timeline names the status",
    outcome: unknown("HTTP 503", 503, { birdCode: "Overloaded", birdMessage: "Please wait." }),
    step: parked(nowMs + 250, {
      unanswered: {
        sinceMs: nowMs,
        looks: 0,
        answer: { birdStatus: 503, birdCode: "Overloaded", birdMessage: "Please wait." },
      },
      clean: 3,
      attempts: 1,
      what: "Bird answered 503 (Bird: Please wait.), so the create's outcome is not known: looking before any repeat",
    }),
  },
  {
    when: "no answer at the last attempt: looks all the same, as the connector may be there",
    outcome: unknown("ETIMEDOUT"),
    data: { attempts: 3 },
    step: parked(nowMs + 250, {
      ...unanswered,
      attempts: 4,
      what: "create was not answered (ETIMEDOUT): looking before any repeat",
    }),
  },
  {
    when: "cut off by Perch's own shutdown: looks before any repeat; no attempt counts",
    outcome: unknown("ERR_ABORTED"),
    step: parked(nowMs + 250, {
      ...unanswered,
      what: "create was not answered (ERR_ABORTED): looking before any repeat",
    }),
  },
];

/** Settles a case, with a note of every effect. */
const settle = async (one: Case, lookDelaysMs: readonly number[] = [250, 1000]) => {
  const effects: string[] = [];
  const named = [...(one.named ?? [])];
  const settleCreate = createSettleCreate({
    connectors: noConnectors({
      get: async (workspace, id) => {
        assert.equal(workspace, workspaceId);
        effects.push(`get ${id}`);
        return named.shift() ?? assert.fail("more connectors were read than the answer names");
      },
      list: async (workspace, options) => {
        assert.equal(workspace, workspaceId);
        assert.equal(options.templateRef, "whatsapp:1");
        effects.push("list");
        const listed = one.listed ?? assert.fail("the list must not be read");
        return listed.kind === "found"
          ? { kind: "found", value: { results: [...listed.value], nextPageToken: undefined } }
          : listed;
      },
    }),
    template: "whatsapp:1",
    holds: {
      holdFor: async (workspace, pauseMs) => {
        assert.equal(workspace, workspaceId);
        effects.push(`hold for ${pauseMs}`);
        return { reason: "rate_limited", untilMs: nowMs + pauseMs };
      },
      holdUnauthorized: async (workspace) => {
        assert.equal(workspace, workspaceId);
        effects.push("hold unauthorized");
        return { reason: "unauthorized", untilMs: nowMs + 30_000 };
      },
    },
    bindConnector: async ({ data }, { connectorId: id, isAdopted }) => {
      assert.equal(id, connectorId);
      effects.push(`bind ${isAdopted ? "adopted" : "created"}, attempts ${data.attempts}`);
      return one.isTaken === true ? undefined : awaits;
    },
    adopt: async ({ data }, ids) => {
      effects.push(`adopt ${ids.length === 0 ? "nothing" : ids}, attempts ${data.attempts}`);
      return one.isTaken === true || ids.length === 0 ? undefined : awaits;
    },
    backoff,
    lookDelaysMs,
    now: () => nowMs,
  });
  return { step: await settleCreate(runOf(one.data, one.run), one.outcome), effects };
};

for (const one of cases) {
  test(`a create that ended in ${one.when}`, async () => {
    const { step, effects } = await settle(one);
    assert.deepEqual(step, one.step);
    assert.deepEqual(effects, one.effects ?? []);
  });
}

test("without delays of looks, a create without an answer is looked for at once", async () => {
  const outcome = unknown("ETIMEDOUT");
  const { step } = await settle({ when: "", outcome, step: awaits }, []);
  assert.partialDeepStrictEqual(step, { kind: "park", untilMs: nowMs });
});
