import assert from "node:assert/strict";
import test from "node:test";
import { createLog } from "../../../src/log.ts";
import type { Judgement } from "../../../src/meta/check-number.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import type { Run } from "../../../src/worker/run.ts";
import { createAskMeta } from "../../../src/worker/submit/ask-meta.ts";

const request = { workspaceId: "w", name: "Acme", wabaId: "7", phoneId: "10", phoneNumber: "+14155550100" };
const mismatch = { code: "meta_number_differs", severity: "error" } as const;
const soon = { code: "meta_token_expires_soon", severity: "warning" } as const;

const runOf = (data: Partial<InstallData> = {}): Run => ({
  installId: "01JGFJJZ00000000000000000A",
  token: "lock",
  data: { request, ...data },
  runNumber: 3,
  stalls: 0,
  queuedAtMs: 0,
  maxAttempts: 8,
  signal: undefined,
});

/** The step, with what Meta answers, and what it wrote down. */
const askMeta = (mode: "warn" | "require", judgement: Judgement) => {
  const said: string[] = [];
  const state = { nowMs: 1_000_000, checks: 0 };
  const ask = createAskMeta({
    check: async () => {
      state.checks += 1;
      return judgement;
    },
    mode,
    store: { note: async ({ what }) => void said.push(what) },
    log: createLog({ level: "silent", role: "test" }),
    now: () => state.nowMs,
  });
  const run = async (data: Partial<InstallData> = {}) => {
    const next = await ask(runOf(data), "token");
    if ("run" in next) return { kind: "goes on", data: next.run.data };
    const { step } = next;
    return "data" in step ? step : assert.fail(step.kind);
  };
  return { run, said, state };
};

test("repeats of an install do not ask Meta again within an hour", async () => {
  const { run, state } = askMeta("require", { findings: [] });
  const { data } = await run();
  await run(data);
  assert.equal(state.checks, 1);
  state.nowMs += 3_600_000;
  await run(data);
  assert.equal(state.checks, 2);
});

test("an install that could not be checked does not ask at every repeat either", async () => {
  const { run, state, said } = askMeta("require", {
    findings: [],
    unasked: "Meta gave no usable answer (ETIMEDOUT)",
  });
  const { data } = await run();
  await run(data);
  assert.equal(state.checks, 1);
  assert.deepEqual(said, ["not checked at Meta: Meta gave no usable answer (ETIMEDOUT)"]);
});

test("an error ends an install that must be checked, whose run is marked as one that created nothing", async () => {
  const { run, said } = askMeta("require", {
    findings: [{ ...mismatch, detail: "Meta's ends in 0199." }, soon],
  });
  assert.partialDeepStrictEqual(await run(), {
    kind: "fail",
    failure: { code: "meta_number_differs", detail: "Meta's ends in 0199." },
    data: { clean: 3 },
  });
  assert.deepEqual(said, ["preflight at Meta: The token expires within a week."]);
});

test("neither a warning nor a mode of warnings ends an install", async () => {
  assert.equal((await askMeta("require", { findings: [soon] }).run()).kind, "goes on");
  assert.equal((await askMeta("warn", { findings: [mismatch] }).run()).kind, "goes on");
});

test("an install that must be checked waits for the budget, for a minute at most, and spends nothing", async () => {
  const full = { findings: [], unasked: "the budget is used up", freeInMs: 200_000 };
  const { run, state, said } = askMeta("require", full);
  const step = await run();
  assert.partialDeepStrictEqual(step, { kind: "park", untilMs: 1_015_000, data: { clean: 3 } });
  assert.deepEqual(said, []);
  state.nowMs += 60_000;
  assert.equal((await run(step.data)).kind, "goes on");
  assert.deepEqual(said, ["not checked at Meta: the budget is used up"]);
  assert.equal((await askMeta("warn", full).run()).kind, "goes on", "a mere warning waits for nothing");
});
