import assert from "node:assert/strict";
import test from "node:test";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createResumeWorkspace } from "../../src/queue/workspaces/held-installs.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

const day = 86_400_000;

const refused: readonly FaultRule[] = [{ times: "always", fault: { kind: "status", status: 401 } }];

const setFaults = async ({ sandbox }: Stack, rules: readonly FaultRule[]): Promise<void> => {
  const init = {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(rules),
  };
  assert.equal((await fetch(`${sandbox.url}/sandbox/faults`, init)).status, 200);
};

const answered = ({ sandbox }: Stack, status: number): number =>
  sandbox.report().requests.create?.[status] ?? 0;

const enqueue = async ({ producer }: Stack, count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await producer.enqueue(installRequest(n))).install.id);
  return ids;
};

const untilHeld = ({ producer, client, keys }: Stack, ids: readonly string[]): Promise<true> =>
  until("all wait for the hold", async () => {
    const installs = await producer.installs.findMany(ids);
    const [first = ""] = ids;
    const waiting = await client.zcard(keys.ofInstall(first).heldInstalls(workspaceId));
    return installs.every((install) => install?.status === "held") && waiting === ids.length;
  });

const runsOf = async ({ client, keys }: Stack, ids: readonly string[]): Promise<number> => {
  const runs = await Promise.all(ids.map((id) => client.hget(keys.ofInstall(id).job(id), "ats")));
  return runs.reduce((sum, each) => sum + Number(each), 0);
};

/** What Redis keeps of installs themselves. */
const bytesOf = async ({ client, keys }: Stack, ids: readonly string[]): Promise<number> => {
  const all = ids.flatMap((id) => [keys.ofInstall(id).job(id), keys.ofInstall(id).logs(id)]);
  const bytes = await Promise.all(all.map((key) => client.memory("USAGE", key, "SAMPLES", 0)));
  return bytes.reduce((sum: number, each) => sum + Number(each), 0);
};

const allCompleted = async ({ producer }: Stack, ids: readonly string[]): Promise<void> => {
  for (const id of ids) assert.equal((await producer.waitFor(id, { timeoutMs: 20_000 })).status, "completed");
};

test("bug: each end of a hold runs every install that waits, and leaves more of each in Redis", (t) => {
  const worker = { holdBaseMs: 20, holdCapMs: 20, concurrency: 5 };
  return withStack({ worker, sandbox: { faults: refused } }, async (stack) => {
    const ids = await enqueue(stack, 30);
    await until("the hold has come again", async () => answered(stack, 401) >= 20);
    // A run counts when it begins; what it writes is there when its line is.
    await until("each install has told that it waits", async () => {
      const lines = await Promise.all(ids.map((id) => stack.client.llen(stack.keys.ofInstall(id).logs(id))));
      return lines.every((count) => count > 0);
    });
    const before = {
      refusals: answered(stack, 401),
      runs: await runsOf(stack, ids),
      bytes: await bytesOf(stack, ids),
    };
    await until("a hundred pauses are over", async () => answered(stack, 401) >= before.refusals + 100);
    const refusals = answered(stack, 401) - before.refusals;
    const runs = (await runsOf(stack, ids)) - before.runs;
    const bytes = (await bytesOf(stack, ids)) - before.bytes;
    t.diagnostic(`${refusals} pauses: ${runs} runs and ${bytes} bytes more of ${ids.length} held installs`);
    assert.ok(runs <= refusals * 2, `${runs} runs in ${refusals} pauses`);
    // The allocator has one class of size for an install that is about to run and the next for one that is parked.
    assert.ok(bytes <= ids.length * 128, `${bytes} bytes more`);
  });
});

test("once Bird takes the key again one install tries, and all others follow", async () => {
  const worker = { holdBaseMs: 300, holdCapMs: 300, concurrency: 5 };
  await withStack({ startsPaused: true, sandbox: { faults: refused } }, async (stack) => {
    await stack.startAnotherWorker(worker);
    const ids = await enqueue(stack, 30);
    await untilHeld(stack, ids);
    await setFaults(stack, []);
    await allCompleted(stack, ids);
    const { client, keys, sandbox } = stack;
    assert.equal(sandbox.report().connectors.length, 30);
    for (const shard of keys.shards) {
      assert.equal(await client.exists(shard.heldInstalls(workspaceId)), 0);
      await until("no door is looked at any more", async () => (await client.exists(shard.doors)) === 0);
    }
  });
});

test("an install that waits far off ends at once when it is cancelled, and when it was to try another one does", () =>
  withStackActions({ startsPaused: true, sandbox: { faults: refused } }, async (stack, { actions }) => {
    const { client, keys, producer } = stack;
    const worker = await stack.startAnotherWorker({ holdBaseMs: 1500, holdCapMs: 1500 });
    const ids = await enqueue(stack, 6);
    await untilHeld(stack, ids);
    const shard = keys.ofInstall(ids[0] ?? "");
    const first = await until(
      "one is to try",
      async () => (await client.hget(shard.hold(workspaceId), "next")) ?? undefined,
    );
    assert.ok(ids.includes(first));
    const last = ids.find((id) => id !== first) ?? "";
    for (const id of [first, last]) await actions.cancel(id);
    for (const id of [first, last])
      assert.equal((await producer.waitFor(id, { timeoutMs: 10_000 })).status, "cancelled");
    await setFaults(stack, []);
    await allCompleted(
      stack,
      ids.filter((id) => id !== first && id !== last),
    );
    await worker.close({ graceMs: 100 });
  }));

test("an install that probes a hold and disappears does not keep the others waiting", () =>
  withStack({ startsPaused: true, sandbox: { faults: refused } }, async (stack) => {
    const { client, keys } = stack;
    await stack.startAnotherWorker({ holdBaseMs: 1000, holdCapMs: 1000 });
    const ids = await enqueue(stack, 4);
    await untilHeld(stack, ids);
    await setFaults(stack, []);
    // As if it were lost with its worker, right after the gate had let it through.
    const probeUntil = Date.now() + 2500;
    await client.hset(keys.ofInstall(ids[0] ?? "").hold(workspaceId), {
      next: "lost",
      probe: "lost",
      probeUntil,
    });
    await allCompleted(stack, ids);
    assert.ok(Date.now() >= probeUntil, "not before its time is over");
  }));

test("a Retry-After holds all, one tries after it, and the others follow", () => {
  const faults = [
    { phoneNumber: "+14155550100", fault: { kind: "status", status: 429, retryAfterSeconds: 1 } },
  ] as const;
  return withStack({ startsPaused: true, sandbox: { faults } }, async (stack) => {
    await stack.startAnotherWorker({ concurrency: 1 });
    const ids = await enqueue(stack, 10);
    await allCompleted(stack, ids);
    assert.equal(stack.sandbox.report().connectors.length, 10);
    assert.ok(answered(stack, 429) <= 1);
  });
});

test("of many that wait, a resume lets the first go at once and the others at the workspace's pace", () =>
  withStack({ startsPaused: true, sandbox: { faults: refused } }, async (stack) => {
    const { client, keys } = stack;
    await stack.startAnotherWorker({ holdBaseMs: day, holdCapMs: day, postsPerSecond: 20, concurrency: 5 });
    const ids = await enqueue(stack, 40);
    await untilHeld(stack, ids);
    await setFaults(stack, []);
    const queues = createInstallsQueues({ client, keys });
    const matching = createMatching({ client, queues, keys, retentionMs: day });
    const holds = createHolds({ client, keys, baseMs: day, capMs: day });
    const { woken, lifted } = await createResumeWorkspace({ client, keys, holds, matching })(workspaceId);
    assert.equal(lifted?.reason, "unauthorized");
    assert.equal(woken, 40);
    await allCompleted(stack, ids);
    await queues.close();
  }));
