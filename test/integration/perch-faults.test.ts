import assert from "node:assert/strict";
import test from "node:test";
import { createNotifications } from "../../src/queue/outbox/notifications.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";

const notifyUrl = "https://example.invalid/hook";

/** The number's budget of creates is of another type than the gate reads: every run ends in WRONGTYPE, a fault of Perch. */
const breakGate = async ({ client, keys }: Stack, phoneNumber: string): Promise<() => Promise<void>> => {
  const windowMs = 3_600_000;
  const names = [0, 1].map((ahead) =>
    keys.home().creates(Math.floor(Date.now() / windowMs) + ahead, phoneNumber),
  );
  for (const name of names) await client.set(name, "no hash");
  return async () => {
    for (const name of names) await client.del(name);
  };
};

test("an unexpected error fails an install after five runs, is notified, and releases its number", () =>
  withStackActions({ startsPaused: true }, async (stack, { actions }) => {
    const { producer, client, keys, sandbox } = stack;
    const { install } = await producer.enqueue(installRequest(1));
    const mend = await breakGate(stack, install.phoneNumber);
    const worker = await stack.startAnotherWorker({ notifyUrl, requestTimeoutMs: 200 });
    // Every run but the first waits until a create of the one before must be over, and looks.
    const failed = await producer.waitFor(install.id, { timeoutMs: 60_000 });
    assert.equal(failed.error?.code, "internal");
    assert.match(failed.error?.message ?? "", /ReplyError/);
    assert.equal(sandbox.report().connectors.length, 0, "nothing was sent");
    assert.equal(await client.hget(keys.ofInstall(install.id).job(install.id), "faults"), "5");
    assert.ok(
      (await client.pttl(keys.ofInstall(install.id).claim(install.workspaceId, install.phoneId))) > 0,
    );

    const notifications = createNotifications({
      client,
      keys,
      digests: testDigests,
      now: Date.now,
      retentionMs: 3_600_000,
    });
    const told = await until("it is told", async () => (await notifications.list({ limit: 10 })).items[0]);
    assert.deepEqual([told.type, told.subjectId], ["install.failed", install.id]);
    await notifications.close();

    await mend();
    const retried = await actions.retry(install.id, {});
    assert.notEqual(retried.status, "failed");
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "completed");
    assert.equal(sandbox.report().connectors.length, 1);
    assert.equal(worker.isRunning(), true);
  }));

test("an install whose data this version cannot read ends, and its number can be sent again", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { producer, client, keys } = stack;
    const { install } = await producer.enqueue(installRequest(2));
    const job = keys.ofInstall(install.id).job(install.id);
    const data = JSON.parse((await client.hget(job, "data")) ?? "{}");
    await client.hset(job, "data", JSON.stringify({ ...data, held: "for_a_reason_of_tomorrow" }));
    await stack.startAnotherWorker({ notifyUrl, requestTimeoutMs: 200 });
    const reason = await until(
      "it has ended",
      async () => (await client.hget(job, "failedReason")) ?? undefined,
    );
    assert.match(reason, /^internal: A fault of Perch \(ZodError\)/);
    assert.ok(
      (await client.pttl(keys.ofInstall(install.id).claim(install.workspaceId, install.phoneId))) > 0,
    );
    const again = await producer.enqueue(installRequest(2));
    assert.equal(again.created, true);
    assert.notEqual(again.install.id, install.id);
    assert.equal((await producer.waitFor(again.install.id, { timeoutMs: 10_000 })).status, "completed");
  }));

test("a job of an earlier version ends by Perch's count, not by the attempts it brings along", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { producer, client, keys } = stack;
    const { install } = await producer.enqueue(installRequest(3));
    const job = keys.ofInstall(install.id).job(install.id);
    const opts = JSON.parse((await client.hget(job, "opts")) ?? "{}");
    await client.hset(job, "opts", JSON.stringify({ ...opts, attempts: 1 }));
    const mend = await breakGate(stack, install.phoneNumber);
    await stack.startAnotherWorker({ backoffBaseMs: 500, backoffCapMs: 500, requestTimeoutMs: 200 });
    await until("a run has failed", async () => (await client.hget(job, "faults")) ?? undefined);
    await mend();
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "completed");
  }));
