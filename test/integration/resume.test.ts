import assert from "node:assert/strict";
import test from "node:test";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createResumeWorkspace } from "../../src/queue/workspaces/held-installs.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const otherWorkspaceId = "11111111-7d1a-4f0e-9c55-3a1f0f6f4d10";
const day = 86_400_000;

const resumeWith = ({ client, keys }: Stack) => {
  const queues = createInstallsQueues({ client, keys });
  const matching = createMatching({ client, queues, keys, retentionMs: day });
  const holds = createHolds({ client, keys, baseMs: day, capMs: day });
  return createResumeWorkspace({ client, keys, holds, matching });
};

test("resume lifts a hold: its installs run now, at no cost in attempts; another workspace never noticed", async () => {
  const faults = [{ phoneNumber: "+14155550101", fault: { kind: "status", status: 401 } }] as const;
  const worker = { holdBaseMs: day, holdCapMs: day, concurrency: 1 };
  await withStack({ sandbox: { faults }, worker }, async (stack) => {
    const { producer, client, keys } = stack;
    const held: string[] = [];
    for (const n of [1, 2, 3]) held.push((await producer.enqueue(installRequest(n))).install.id);
    await until("all wait for the hold", async () => {
      const installs = await producer.installs.findMany(held);
      return installs.every((install) => install?.status === "held");
    });
    const other = await producer.enqueue(installRequest(4, { workspaceId: otherWorkspaceId }));
    assert.equal((await producer.waitFor(other.install.id, { timeoutMs: 10_000 })).status, "completed");

    const resume = resumeWith(stack);
    const { lifted, woken } = await resume(workspaceId);
    assert.equal(lifted?.reason, "unauthorized");
    assert.equal(woken, 3);
    for (const id of held) {
      const ended = await producer.waitFor(id, { timeoutMs: 10_000 });
      assert.equal(ended.status, "completed");
      assert.equal(ended.attempts, 1);
    }
    assert.equal(await client.scard(keys.held(workspaceId)), 0);
    assert.deepEqual(await resume(workspaceId), { lifted: undefined, woken: 0 });
  });
});

test("a hold that ends by itself lets its installs continue, and leaves none in the list of held ones", async () => {
  const faults = [{ times: 2, fault: { kind: "status", status: 403 } }] as const;
  await withStack({ sandbox: { faults } }, async ({ producer, client, keys }) => {
    const { install } = await producer.enqueue(installRequest());
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.status, "completed");
    assert.equal(await client.scard(keys.held(workspaceId)), 0);
  });
});

test("a read refused for the key holds the workspace instead of failing the install", async () => {
  const faults = [
    { fault: { kind: "answer_lost" } },
    { operation: "listConnectors", times: 2, fault: { kind: "status", status: 401 } },
  ] as const;
  await withStack({ sandbox: { faults } }, async ({ producer, sandbox }) => {
    const { install } = await producer.enqueue(installRequest());
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.status, "completed");
    assert.equal(sandbox.report().connectors.length, 1);
  });
});

test("a read that is forbidden ends an unanswered create as ambiguous, never with a second one", async () => {
  const faults = [
    { fault: { kind: "reset" } },
    { operation: "listConnectors", fault: { kind: "status", status: 403 } },
  ] as const;
  await withStack({ sandbox: { faults } }, async ({ producer, sandbox }) => {
    const { install } = await producer.enqueue(installRequest());
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.error?.code, "ambiguous_submission");
    assert.equal(sandbox.report().requests.create?.["201"], undefined);
  });
});

test("a number whose budget is spent fails and says when the next create is allowed", async () => {
  await withStack({ worker: { numberMaxCreates: 1 } }, async ({ producer }) => {
    const first = await producer.enqueue(installRequest(1));
    assert.equal((await producer.waitFor(first.install.id)).status, "completed");
    const second = await producer.enqueue(installRequest(1, { phoneId: "999" }));
    const ended = await producer.waitFor(second.install.id);
    assert.equal(ended.error?.code, "number_attempts_exhausted");
    assert.match(ended.error.message, /allowed at \d{4}-\d\d-\d\dT/);
    assert.equal(ended.attempts, 0);
  });
});
