import type { FaultRule } from "../../src/sandbox/faults/rule.ts";

const status = (
  probability: number,
  fault: Omit<Extract<FaultRule["fault"], { kind: "status" }>, "kind">,
) => ({
  probability,
  fault: { kind: "status" as const, ...fault },
});

/**
 * What goes wrong at Bird: 5 % of creates answered 429, 5 % 5xx (half of those did the work all the same), 5 %
 * done and not answered; every event repeated three times, 10 % never sent, 10 % before the answer.
 */
export const chaosFaults: readonly FaultRule[] = [
  { probability: 0.05, fault: { kind: "answer_lost" } },
  status(0.025, { status: 429 }),
  status(0.025, { status: 429, retryAfterSeconds: 1 }),
  status(0.0125, { status: 500 }),
  status(0.0125, { status: 500, done: true }),
  status(0.0125, { status: 502 }),
  status(0.0125, { status: 502, done: true }),
  { fault: { kind: "event_repeated", times: 3 } },
  { probability: 0.1, fault: { kind: "event_never" } },
  { probability: 0.1, fault: { kind: "event_before_answer" } },
];
