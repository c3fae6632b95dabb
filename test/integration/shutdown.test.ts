import assert from "node:assert/strict";
import test from "node:test";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

test("a worker that stops hands a running install back; the next one finds its connector", async () => {
  const faults = [{ fault: { kind: "slow", delayMs: 1500 } } as const];
  await withStack({ sandbox: { faults } }, async (stack) => {
    const { producer, sandbox, worker, client, keys, startAnotherWorker } = stack;
    const { install } = await producer.enqueue(installRequest());
    await until("the create has reached Bird", async () => sandbox.report().connectors.length === 1);
    await worker.close({ graceMs: 10 });
    const parked = await producer.installs.find(install.id);
    assert.equal(parked?.status, "retrying");
    assert.equal(parked.attempts, 0);
    const job = await client.hgetall(keys.ofInstall(install.id).job(install.id));
    assert.ok(job.data !== undefined);
    assert.equal(job.atm, undefined, "no attempt of BullMQ's is spent either");

    await startAnotherWorker();
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.status, "completed");
    assert.equal(sandbox.report().creates[`${workspaceId}/${install.phoneId}`], 1);
  });
});

test("a worker that stops lets a call that is nearly done end", async () => {
  const faults = [{ fault: { kind: "slow", delayMs: 200 } }, { fault: { kind: "event_never" } }] as const;
  await withStack({ sandbox: { faults } }, async ({ producer, sandbox, worker }) => {
    const { install } = await producer.enqueue(installRequest());
    await until("the create has reached Bird", async () => sandbox.report().connectors.length === 1);
    await worker.close({ graceMs: 10_000 });
    const parked = await producer.installs.find(install.id);
    assert.equal(parked?.status, "awaiting_channel");
    assert.equal(parked.connectorId, sandbox.report().connectors[0]?.id);
  });
});
