import assert from "node:assert/strict";
import test from "node:test";
import type { SubscriptionState } from "../../../src/install/workspace-state.ts";
import { createLog } from "../../../src/log.ts";
import { createInvalidateSubscription } from "../../../src/worker/invalidate-subscription.ts";
import type { Step } from "../../../src/worker/run.ts";
import { nowMs, runOf } from "./run-fixture.ts";

const completedBy = (by: "webhook" | "poll"): Step => ({
  kind: "complete",
  completion: { connectorId: "c", channelId: "ch", completedBy: by },
  boundAtMs: 1,
});
const present = (ageMs: number): SubscriptionState => ({
  status: "present",
  checkedAtMs: nowMs - ageMs,
  url: "https://perch.example/",
});

const complete = async (step: Step, state: SubscriptionState | undefined, fault?: Error) => {
  const forgotten: string[] = [];
  const lines: string[] = [];
  const wrapped = createInvalidateSubscription({
    awaitChannel: async () => step,
    states: {
      find: async () => {
        if (fault !== undefined) throw fault;
        return state;
      },
      forget: async (workspaceId) => void forgotten.push(workspaceId),
    },
    log: createLog({ level: "trace", role: "test", destination: { write: (line) => lines.push(line) } }),
    now: () => nowMs,
  });
  assert.equal(await wrapped(runOf()), step);
  // It goes on beside the run.
  await new Promise(setImmediate);
  return { forgotten, lines };
};

const { workspaceId } = runOf().data.request;

for (const { when, step, state, forgets } of [
  {
    when: "found its channel by itself, and the subscription was seen over a minute ago: forgets that",
    step: completedBy("poll"),
    state: present(60_001),
    forgets: true,
  },
  {
    when: "found its channel by itself, and the subscription was seen a minute ago: events may be late",
    step: completedBy("poll"),
    state: present(60_000),
    forgets: false,
  },
  {
    when: "found its channel by itself, and the subscription is known to be missing: forgets nothing",
    step: completedBy("poll"),
    state: { ...present(60_001), status: "missing" } as const,
    forgets: false,
  },
  {
    when: "found its channel by itself, and nothing is known of the subscription: forgets nothing",
    step: completedBy("poll"),
    state: undefined,
    forgets: false,
  },
  {
    when: "got its event: forgets nothing",
    step: completedBy("webhook"),
    state: present(60_001),
    forgets: false,
  },
  {
    when: "waits still: forgets nothing",
    step: { kind: "park", untilMs: nowMs } as const,
    state: present(60_001),
    forgets: false,
  },
]) {
  test(`an install that ${when}`, async () => {
    const { forgotten, lines } = await complete(step, state);
    assert.deepEqual(forgotten, forgets ? [workspaceId] : []);
    assert.deepEqual(lines, []);
  });
}

test("an install ends also when what is known of the subscription cannot be read", async () => {
  const { lines } = await complete(completedBy("poll"), undefined, new Error("Redis is away"));
  assert.equal(lines.length, 1);
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { workspaceId, reason: "Redis is away" });
});
