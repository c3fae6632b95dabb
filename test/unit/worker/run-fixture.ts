import assert from "node:assert/strict";
import type { Connectors } from "../../../src/bird/connectors.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import type { Run, Step } from "../../../src/worker/run.ts";
import { workspaceId } from "../../support/request.ts";

/** When the steps of these tests are decided, Unix ms. */
export const nowMs = 1_700_000_000_000;

/** Without jitter: 1, 2, 4 and so on seconds, up to 60. */
export const backoff = { baseMs: 1000, capMs: 60_000, random: () => 1 };

/** What the job of an install holds before any run. */
export const storedData: InstallData = {
  request: {
    workspaceId,
    name: "Acme",
    wabaId: "102290129340398",
    phoneId: "106540352242922",
    phoneNumber: "+14155550123",
  },
  sealed: "sealed-token",
};

/** The install's third run; `data` is added to what is stored. */
export const runOf = (data: Partial<InstallData> = {}, run: Partial<Run> = {}): Run => ({
  installId: "01JGFJJZ00000000000000000A",
  token: "lock-token",
  runNumber: 3,
  stalls: 0,
  queuedAtMs: nowMs - 60_000,
  maxAttempts: 4,
  signal: undefined,
  ...run,
  data: { ...storedData, ...data },
});

/** A step that parks the install and says when it acts next. */
export const parked = (
  untilMs: number,
  { what, ...data }: Partial<InstallData> & { readonly what?: string } = {},
): Step => ({
  kind: "park",
  untilMs,
  data: { ...storedData, nextActionAtMs: untilMs, ...data },
  ...(what !== undefined && { what }),
});

export const failed = (
  failure: Extract<Step, { readonly kind: "fail" }>["failure"],
  data: Partial<InstallData> = {},
): Step => ({ kind: "fail", failure, data: { ...storedData, ...data } });

/** A dependency that the case must not use. */
export const never = async (): Promise<never> => assert.fail("must not be called");

/** Connectors at a Bird that must not be asked but for what `change` answers. */
export const noConnectors = (change: Partial<Connectors> = {}): Connectors => ({
  create: never,
  get: never,
  list: never,
  readiness: never,
  ...change,
});
