import assert from "node:assert/strict";
import test from "node:test";
import { InstallNotFoundError, InstallStateError } from "../../src/install/errors/errors.ts";
import { InputError } from "../../src/install/errors/input-error.ts";
import type { Install } from "../../src/install/install.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, type Stack, type StackOptions } from "../support/stack.ts";
import { type StackActions, withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

/** A stack and the actions of a person who looks at it. */
const withActions = (options: StackOptions, run: (all: { stack: Stack } & StackActions) => Promise<void>) =>
  withStackActions(options, (stack, acts) => run({ stack, ...acts }));

const fault = (kind: FaultRule["fault"], rule: Partial<FaultRule> = {}): FaultRule => ({
  times: "always",
  ...rule,
  fault: kind,
});

const enqueue = async ({ producer }: Stack, change: Parameters<typeof installRequest>[1] = {}) =>
  (await producer.enqueue(installRequest(0, change))).install.id;

const inStatus = ({ producer }: Stack, id: string, status: Install["status"]): Promise<Install> =>
  until(`install is ${status}`, async () => {
    const install = await producer.installs.find(id);
    return install?.status === status && install;
  });

const creates = ({ sandbox }: Stack): number => sandbox.report().connectors.length;

const refusedAs = (pattern: RegExp) => (error: unknown) =>
  error instanceof InstallStateError && pattern.test(error.message);

test("a queued install that is cancelled never reaches Bird", () =>
  withActions({ startsPaused: true }, async ({ stack, actions }) => {
    const id = await enqueue(stack);
    const asked = await actions.cancel(id);
    assert.equal(asked.status, "queued");
    assert.deepEqual(asked.cancellation?.notUndone, ["The run that is under way has to end first."]);
    await stack.startAnotherWorker();
    const ended = await inStatus(stack, id, "cancelled");
    assert.equal(ended.error?.code, "cancelled");
    assert.deepEqual(ended.cancellation?.undone, ["Nothing was sent to Bird."]);
    assert.equal(creates(stack), 0);
    await assert.rejects(actions.cancel(id), refusedAs(/ended already: it is cancelled/));
    await assert.rejects(actions.cancel("01UNKNOWN"), InstallNotFoundError);
    const again = await stack.producer.enqueue(installRequest());
    assert.ok(again.created, "the number is free for a new install");
    await inStatus(stack, again.install.id, "completed");
  }));

test("bug: an install that was completed by the run it was cancelled in says for ever that this run has to end", () =>
  withActions({}, async ({ stack }) => {
    const id = await enqueue(stack);
    await inStatus(stack, id, "completed");
    // As a cancel leaves it that comes between the run's last look and its end.
    await stack.client.hset(stack.keys.ofInstall(id).job(id), "cancelAt", Date.now());
    const { cancellation } = await inStatus(stack, id, "completed");
    assert.deepEqual(cancellation?.notUndone, [
      "It was completed before that; uninstall deletes its connector.",
    ]);
  }));

test("a held install is cancelled while its workspace stays held", () =>
  withActions(
    {
      sandbox: { faults: [fault({ kind: "status", status: 401 })] },
      worker: { holdBaseMs: 600_000, holdCapMs: 600_000 },
    },
    async ({ stack, actions }) => {
      const id = await enqueue(stack);
      await inStatus(stack, id, "held");
      await actions.cancel(id);
      await inStatus(stack, id, "cancelled");
    },
  ));

test("an install cancelled while it waits for its channel names its connector, and a late event leaves it so", () =>
  withActions(
    { sandbox: { faults: [fault({ kind: "event_late", delayMs: 700 })] } },
    async ({ stack, actions }) => {
      const id = await enqueue(stack);
      const { connectorId } = await inStatus(stack, id, "awaiting_channel");
      await actions.cancel(id);
      const ended = await inStatus(stack, id, "cancelled");
      assert.match(
        ended.cancellation?.notUndone[0] ?? "",
        new RegExp(`Connector ${connectorId} exists at Bird`),
      );
      await until("the event was acknowledged", async () => stack.sandbox.report().events.acknowledged > 0);
      assert.equal((await stack.producer.installs.find(id))?.status, "cancelled");
      const next = await stack.producer.enqueue(installRequest());
      const completed = await inStatus(stack, next.install.id, "completed");
      assert.equal(completed.connectorId, connectorId, "the next install takes the connector over");
      assert.equal(creates(stack), 1);
    },
  ));

test("a create that is out when the install is cancelled is bound first, then the install ends", () =>
  withActions(
    { sandbox: { channelDelayMs: 60_000, faults: [fault({ kind: "slow", delayMs: 300 }, { times: 1 })] } },
    async ({ stack, actions }) => {
      const id = await enqueue(stack);
      const window = Math.floor(Date.now() / quickSettings.numberWindowMs);
      const { phoneNumber } = await inStatus(stack, id, "submitting");
      const counted = stack.keys.creates(window, phoneNumber);
      await until("the create is let through", async () => (await stack.client.exists(counted)) === 1);
      await actions.cancel(id);
      const ended = await inStatus(stack, id, "cancelled");
      assert.equal(ended.connectorId, stack.sandbox.report().connectors[0]?.id);
      assert.equal(creates(stack), 1);
    },
  ));

test("a failed install is retried with another token, under the same id, and creates once", () =>
  withActions(
    { sandbox: { faults: [fault({ kind: "status", status: 422 }, { times: 1 })] } },
    async ({ stack, actions }) => {
      const id = await enqueue(stack);
      await inStatus(stack, id, "failed");
      await actions.retry(id, { accessToken: "EAAG-SECOND", name: "Another name" });
      const ended = await inStatus(stack, id, "completed");
      assert.equal(ended.name, "Another name");
      assert.equal(ended.error, undefined);
      assert.equal(creates(stack), 1);
      const whats = (await stack.producer.installs.timeline(id)).map(({ what }) => what);
      assert.ok(whats.includes("retried"), whats.join());
      assert.deepEqual(
        (await stack.producer.installs.list({ limit: 9, errorCode: "rejected_by_bird" })).items,
        [],
      );
      await assert.rejects(actions.retry(id, {}), refusedAs(/this one is completed/));
    },
  ));

test("retrying an install that has its connector waits for the channel again and never posts", () =>
  withActions(
    { sandbox: { faults: [fault({ kind: "channel_never" })] }, worker: { firstPollMs: 20, deadlineMs: 100 } },
    async ({ stack, actions }) => {
      const id = await enqueue(stack);
      const failed = await inStatus(stack, id, "failed");
      assert.equal(failed.error?.code, "channel_timeout");
      await assert.rejects(
        actions.retry(id, { phoneNumber: "+14155550199" }),
        refusedAs(/uninstall it first/),
      );
      await actions.retry(id, { accessToken: "EAAG-NOT-NEEDED" });
      const again = await until("it has timed out again", async () => {
        const install = await stack.producer.installs.find(id);
        return install?.status === "failed" && install.updatedAt > failed.updatedAt && install;
      });
      assert.equal(again.connectorId, failed.connectorId);
      assert.equal(creates(stack), 1);
    },
  ));

test("a retry creates an uninstalled connector again, which needs the token again", () =>
  withActions(
    {
      sandbox: { faults: [fault({ kind: "channel_never" }, { times: 1 })] },
      worker: { firstPollMs: 20, deadlineMs: 100 },
    },
    async ({ stack, actions, uninstall }) => {
      const id = await enqueue(stack);
      const failed = await inStatus(stack, id, "failed");
      assert.ok((await uninstall(id)).uninstalledAt);
      await assert.rejects(
        actions.retry(id, {}),
        (error) => error instanceof InputError && error.issues[0]?.path === "/accessToken",
      );
      await actions.retry(id, { accessToken: "EAAG-AGAIN" });
      const completed = await inStatus(stack, id, "completed");
      assert.notEqual(completed.connectorId, failed.connectorId);
      assert.equal(completed.uninstalledAt, undefined);
    },
  ));

test("a failed install whose number has a newer one is not retried", () =>
  withActions(
    { sandbox: { faults: [fault({ kind: "status", status: 422 }, { times: 1 })] } },
    async ({ stack, actions }) => {
      const id = await enqueue(stack);
      await inStatus(stack, id, "failed");
      const newer = await enqueue(stack);
      await inStatus(stack, newer, "completed");
      await assert.rejects(actions.retry(id, {}), refusedAs(new RegExp(newer)));
      assert.equal(creates(stack), 1);
    },
  ));

test("of many retries at once one starts the install, and one create is sent", () =>
  withActions(
    { sandbox: { faults: [fault({ kind: "status", status: 422 }, { times: 1 })] } },
    async ({ stack, actions }) => {
      const id = await enqueue(stack);
      await inStatus(stack, id, "failed");
      const tries = await Promise.allSettled(Array.from({ length: 20 }, () => actions.retry(id, {})));
      const refused = tries.filter((each) => each.status === "rejected");
      assert.ok(
        refused.every(({ reason }) => reason instanceof InstallStateError),
        String(refused[0]?.reason),
      );
      await inStatus(stack, id, "completed");
      assert.equal(creates(stack), 1);
    },
  ));

test("a cancelled install can be started again", () =>
  withActions({ startsPaused: true }, async ({ stack, actions }) => {
    const id = await enqueue(stack);
    await actions.cancel(id);
    await stack.startAnotherWorker();
    await inStatus(stack, id, "cancelled");
    assert.equal((await stack.producer.installs.list({ limit: 9, status: "cancelled" })).items[0]?.id, id);
    const { cancellation } = await actions.retry(id, {});
    assert.equal(cancellation, undefined);
    await inStatus(stack, id, "completed");
    assert.equal(creates(stack), 1);
  }));
