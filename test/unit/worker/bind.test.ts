import assert from "node:assert/strict";
import test from "node:test";
import { createLog } from "../../../src/log.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import type { Matching, Taken } from "../../../src/queue/matching/matching.ts";
import type { Step } from "../../../src/worker/run.ts";
import { createBindConnector } from "../../../src/worker/submit/bind.ts";
import { never, nowMs, runOf, storedData } from "./run-fixture.ts";

type Binding = Awaited<ReturnType<Matching["bind"]>>;

const connectorId = "connector-1";
const firstPollMs = 30_000;
const { installId, token } = runOf();

/** What an install has before it is bound, and what of that it keeps. */
const kept: Partial<InstallData> = {
  requestedBy: "ann",
  batchId: "batch",
  row: 7,
  retries: 1,
  sealedSigningKey: "sealed-key",
  connect: { linkId: "lnk_1", event: "FINISH" },
  attempts: 2,
};
const dropped: Partial<InstallData> = {
  clean: 2,
  slotMs: 1,
  canary: true,
  throttled: { sinceMs: 1, times: 1 },
  unanswered: { sinceMs: 1, looks: 1 },
  checkedAtMs: 1,
  nextActionAtMs: 1,
};
const boundData: InstallData = {
  request: storedData.request,
  ...kept,
  connectorId,
  waiting: { sinceMs: nowMs },
};
const channel = { channelId: "ch", status: "active", isUsable: true, arrivedAtMs: nowMs };
const taken: Taken = { channel, isCancelled: false, ownerId: installId };
const awaited: Step = { kind: "park", untilMs: nowMs + 5 };

const bind = async (binding: Binding, isAdopted = false) => {
  const lines: string[] = [];
  const bound: unknown[] = [];
  const step = await createBindConnector({
    matching: {
      bind: async (asked) => {
        bound.push(asked);
        return binding;
      },
    },
    awaitChannel:
      binding.kind === "bound" && binding.taken !== undefined
        ? async (run, its) => {
            assert.deepEqual(run, { ...runOf(), data: boundData });
            assert.equal(its, taken);
            return awaited;
          }
        : never,
    firstPollMs,
    log: createLog({ level: "trace", role: "test", destination: { write: (line) => lines.push(line) } }),
    now: () => nowMs,
  })(runOf({ ...kept, ...dropped }), { connectorId, isAdopted });
  return { step, bound, lines };
};

test("a connector is bound with what the install still needs: its token and all that led to the create go", async () => {
  const { step, bound } = await bind({ kind: "bound", taken: undefined });
  assert.deepEqual(bound, [
    { installId, connectorId, token, data: boundData, parkUntilMs: nowMs + firstPollMs },
  ]);
  assert.deepEqual(step, {
    kind: "park",
    untilMs: nowMs + firstPollMs,
    connectorId,
    what: "connector created",
    attempt: 2,
  });
});

test("an adopted connector is marked as such, in the data and on the timeline", async () => {
  const { step, bound } = await bind({ kind: "bound", taken: undefined }, true);
  const data = { ...boundData, adopted: true };
  assert.deepEqual(bound, [{ installId, connectorId, token, data, parkUntilMs: nowMs + firstPollMs }]);
  assert.partialDeepStrictEqual(step, { what: "connector found at Bird and adopted" });
});

test("an install that was parked in the instant of its bind is not parked again", async () => {
  const { step } = await bind({ kind: "parked" });
  assert.partialDeepStrictEqual(step, { kind: "park", untilMs: nowMs + firstPollMs, isDone: true });
});

test("an event that was here first is used at once", async () => {
  const { step } = await bind({ kind: "bound", taken });
  assert.equal(step, awaited);
});

for (const binding of [
  { kind: "connector_has_other", installId: "another" },
  { kind: "connector_gone" },
] as const) {
  test(`${binding.kind}: the connector is not this install's, and nothing is said`, async () => {
    const { step, lines } = await bind(binding);
    assert.equal(step, undefined);
    assert.deepEqual(lines, []);
  });
}

test("a second connector of an install is an incident: the first stands, and the install goes on with that", async () => {
  const { step, lines } = await bind({ kind: "install_has_other", connectorId: "first" });
  assert.deepEqual(step, { kind: "park", untilMs: nowMs });
  assert.equal(lines.length, 1);
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { installId, connectorId, standing: "first" });
});

test("an install that was removed while its connector was made is an incident, and is left alone", async () => {
  const { step, lines } = await bind({ kind: "install_gone" });
  assert.deepEqual(step, { kind: "leave", why: "the install is gone" });
  assert.equal(lines.length, 1);
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { installId, connectorId });
});
