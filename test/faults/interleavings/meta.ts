import { z } from "zod";
import type { CheckNumber, Judgement } from "../../../src/meta/check-number.ts";
import { issue } from "./operation.ts";

/** All that an ask at Meta comes to. One that is never answered ends by its time-out. */
const judgements = {
  "finds nothing wrong": { findings: [] },
  "finds a mistake": { findings: [{ code: "meta_phone_not_verified", severity: "error" }] },
  "has no turn for it yet": { findings: [], unasked: "no turn yet", freeInMs: 15_000 },
  "does not answer": { findings: [], unasked: "no answer", pausedMs: 10_000 },
} as const satisfies Readonly<Record<string, Judgement>>;

const answerSchema = z.literal([
  "finds nothing wrong",
  "finds a mistake",
  "has no turn for it yet",
  "does not answer",
]);

export const metaAnswers = answerSchema.values;

/** Meta as Perch's worker knows it; each ask waits for the explorer. */
export const checkNumber: CheckNumber = async () =>
  judgements[answerSchema.parse(await issue({ kind: "ask Meta" }))];
