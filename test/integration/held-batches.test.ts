import assert from "node:assert/strict";
import test from "node:test";
import type { Batch } from "../../src/install/batch.ts";
import type { InputRow } from "../../src/producer/put/enqueue-rows.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createResumeWorkspace } from "../../src/queue/workspaces/held-installs.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import type { Stack } from "../support/stack.ts";
import { type StackActions, withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

const day = 86_400_000;
const rows = 10;
const refused: readonly FaultRule[] = [{ times: "always", fault: { kind: "status", status: 401 } }];

interface Held {
  readonly batchId: string;
  readonly ids: readonly string[];
  /** Not of the batch, in the same workspace; by itself, and so ahead of the batch, or the row of another batch behind it. */
  readonly alone: string;
}

const importAll = async ({ producer }: Stack, inputs: readonly InputRow[]) => {
  const { batchId, rows: imported } = await producer.importRows(inputs, { name: "numbers.csv" });
  const results = await Array.fromAsync(imported);
  return { batchId, ids: results.flatMap((row) => ("install" in row ? [row.install.id] : [])) };
};

/** A batch and a single install of a workspace whose key Bird refuses, all of which wait for its hold. */
const withHeldBatch = (
  { holdMs, isBehind = false }: { readonly holdMs: number; readonly isBehind?: boolean },
  run: (stack: Stack, acts: StackActions, held: Held) => Promise<void>,
): Promise<void> =>
  withStackActions({ startsPaused: true, sandbox: { faults: refused } }, async (stack, acts) => {
    const { producer } = stack;
    const inputs = Array.from({ length: rows }, (_, n) => ({ row: n + 1, input: installRequest(n) }));
    const { batchId, ids } = await importAll(stack, inputs);
    const other = installRequest(50);
    const [alone = ""] = isBehind
      ? (await importAll(stack, [{ row: 1, input: other }])).ids
      : [(await producer.enqueue(other)).install.id];
    await stack.startAnotherWorker({ holdBaseMs: holdMs, holdCapMs: holdMs });
    await until("all wait for the hold", async () => {
      const found = await producer.installs.findMany([...ids, alone]);
      const isEachHeld = found.every((install) => install?.status === "held");
      return isEachHeld && (await waiting(stack, alone)) === rows + 1;
    });
    await run(stack, acts, { batchId, ids, alone });
  });

const waiting = ({ client, keys }: Stack, installId: string): Promise<number> =>
  client.zcard(keys.ofInstall(installId).heldInstalls(workspaceId));

/** Calls to create, by Bird's answer. */
const creates = ({ sandbox }: Stack): Readonly<Record<string, number>> => ({
  ...sandbox.report().requests.create,
});

/** Numbers that Bird has a connector of. */
const made = ({ sandbox }: Stack): readonly string[] =>
  sandbox
    .report()
    .connectors.map(({ phoneId }) => phoneId ?? "")
    .toSorted();

const phoneIds = (numbers: readonly number[]): readonly string[] =>
  numbers.map((n) => installRequest(n).phoneId).toSorted();
const all = Array.from({ length: rows }, (_, n) => n);

/** As `perch workspaces resume` does. */
const resumeWorkspace = async ({ client, keys }: Stack): Promise<void> => {
  const queues = createInstallsQueues({ client, keys });
  const matching = createMatching({ client, queues, keys, retentionMs: day });
  const holds = createHolds({ client, keys, baseMs: day, capMs: day });
  await createResumeWorkspace({ client, keys, holds, matching })(workspaceId);
  await queues.close();
};

/** Every row is where the counts say, and each in one place. */
const untilCounts = async (
  { producer }: Stack,
  batchId: string,
  expected: Partial<Pick<Batch, "status" | "queued" | "completed" | "cancelled">>,
): Promise<void> => {
  const none = { queued: 0, awaiting: 0, completed: 0, failed: 0, cancelled: 0 };
  const whole = { rows, accepted: rows, attached: 0, rejected: 0, ...none, ...expected };
  let seen: unknown;
  await until(`the batch is ${JSON.stringify(expected)}`, async () => {
    const batch = await producer.batches.find(batchId);
    seen = batch;
    return Object.entries(whole).every(([name, value]) => batch?.[name as keyof Batch] === value);
  }).catch((cause: unknown) => {
    throw new Error(`the batch is ${JSON.stringify(seen)}`, { cause });
  });
};

const completed = async ({ producer }: Stack, ids: readonly string[]): Promise<void> => {
  for (const id of ids) assert.equal((await producer.waitFor(id, { timeoutMs: 20_000 })).status, "completed");
};

/** They have come to a run, and wait for their batch and no longer for the hold. */
const untilPaused = ({ client, keys }: Stack, ids: readonly string[]): Promise<true> =>
  until("its installs wait for their batch", async () => {
    const data = await Promise.all(ids.map((id) => client.hget(keys.ofInstall(id).job(id), "data")));
    return data.every((text) => text?.includes('"paused":true') && !text.includes('"held"'));
  });

test("a batch that is paused while its workspace is held sends nothing once that is free, and all once it is resumed", () =>
  withHeldBatch({ holdMs: day }, async (stack, { batchActions }, { batchId, ids, alone }) => {
    const before = creates(stack);
    await batchActions.pause(batchId);
    await untilCounts(stack, batchId, { status: "paused", queued: rows });
    stack.sandbox.setFaults([]);
    await resumeWorkspace(stack);
    await completed(stack, [alone]);
    await untilPaused(stack, ids);
    assert.deepEqual(creates(stack), { ...before, 201: 1 }, "only the single install was sent");
    assert.equal(await waiting(stack, alone), 0);
    await untilCounts(stack, batchId, { status: "paused", queued: rows });
    await batchActions.resume(batchId);
    await completed(stack, ids);
    await untilCounts(stack, batchId, { status: "finished", completed: rows });
    assert.deepEqual(made(stack), phoneIds([...all, 50]));
  }));

test("a paused batch at the head of a hold's line does not keep its door shut: one behind it tries", () =>
  withHeldBatch({ holdMs: 700, isBehind: true }, async (stack, { batchActions }, { batchId, ids, alone }) => {
    await batchActions.pause(batchId);
    stack.sandbox.setFaults([]);
    await completed(stack, [alone]);
    await untilPaused(stack, ids);
    assert.deepEqual(made(stack), phoneIds([50]));
    await batchActions.resume(batchId);
    await completed(stack, ids);
    await untilCounts(stack, batchId, { status: "finished", completed: rows });
    assert.deepEqual(made(stack), phoneIds([...all, 50]));
  }));

test("a batch that is paused and resumed while its workspace is held goes on waiting for that", () =>
  withHeldBatch({ holdMs: day }, async (stack, { batchActions }, { batchId, ids, alone }) => {
    const before = creates(stack);
    await batchActions.pause(batchId);
    await batchActions.resume(batchId);
    await until("the resume is carried out", async () => {
      const state = await stack.producer.batches.state(batchId);
      return state?.mustMove === false;
    });
    await untilCounts(stack, batchId, { status: "running", queued: rows });
    assert.equal(await waiting(stack, alone), rows + 1, "all wait still");
    assert.deepEqual(creates(stack), before);
    stack.sandbox.setFaults([]);
    await resumeWorkspace(stack);
    await completed(stack, [...ids, alone]);
    await untilCounts(stack, batchId, { status: "finished", completed: rows });
    assert.deepEqual(made(stack), phoneIds([...all, 50]));
  }));

for (const isPausedFirst of [false, true]) {
  const when = isPausedFirst ? "paused and then cancelled" : "cancelled";
  test(`a batch that is ${when} while its workspace is held ends at once, unsent, and the workspace's other install goes on`, () =>
    withHeldBatch({ holdMs: day }, async (stack, { batchActions }, { batchId, ids, alone }) => {
      const { producer } = stack;
      const before = creates(stack);
      if (isPausedFirst) await batchActions.pause(batchId);
      await batchActions.cancel(batchId);
      await untilCounts(stack, batchId, { status: "cancelled", cancelled: rows });
      for (const install of await producer.installs.findMany(ids)) {
        assert.equal(install?.status, "cancelled");
        assert.equal(install.connectorId, undefined);
      }
      assert.deepEqual(creates(stack), before);
      await until("only the other one is left in the line", async () => (await waiting(stack, alone)) === 1);
      assert.equal((await producer.installs.find(alone))?.status, "held");
      stack.sandbox.setFaults([]);
      await resumeWorkspace(stack);
      await completed(stack, [alone]);
      assert.deepEqual(made(stack), phoneIds([50]));
      assert.deepEqual(await batchActions.retry(batchId, { filter: {} }), {
        matched: rows,
        retried: rows,
        refused: [],
      });
      await completed(stack, ids);
      await untilCounts(stack, batchId, { status: "finished", completed: rows });
      assert.deepEqual(made(stack), phoneIds([...all, 50]));
    }));
}
