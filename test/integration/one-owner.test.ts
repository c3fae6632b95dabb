import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { ConnectorOfAnotherInstallError, InstallStateError } from "../../src/install/errors/errors.ts";
import type { Install } from "../../src/install/install.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createUnmatchedEvents } from "../../src/queue/matching/unmatched.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { sendEvent } from "../support/signed-event.ts";
import type { Stack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

const fault = (kind: FaultRule["fault"]): FaultRule => ({ times: "always", fault: kind });
const noChannel = { faults: [fault({ kind: "channel_never" })] };
const soonOver = { firstPollMs: 50, deadlineMs: 300 };

const enqueue = async ({ producer }: Stack): Promise<string> =>
  (await producer.enqueue(installRequest(0))).install.id;

const inStatus = ({ producer }: Stack, id: string, status: Install["status"]): Promise<Install> =>
  until(`install is ${status}`, async () => {
    const install = await producer.installs.find(id);
    return install?.status === status && install;
  });

const setFaults = async ({ sandbox }: Stack, faults: readonly FaultRule[]): Promise<void> => {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(faults);
  const response = await fetch(`${sandbox.url}/sandbox/faults`, { method: "PUT", headers, body });
  assert.equal(response.status, 200);
};

const isAtBird = async ({ sandbox }: Stack, connectorId: string | undefined): Promise<boolean> => {
  const headers = { authorization: `AccessKey ${sandbox.accessKey}` };
  const url = `${sandbox.url}/workspaces/${workspaceId}/connectors/${connectorId}`;
  return (await fetch(url, { headers })).ok;
};

/** The event Bird would send of a connector's channel. */
const eventOf = (connectorId: string | undefined) => ({
  address: workspaceId,
  payload: { id: randomUUID(), connectorId, status: "active" },
});

const swept = async (stack: Stack): Promise<void> => {
  await until("no event waits to be taken", async () => {
    const waiting = await Promise.all(stack.keys.shards.map(({ arrived }) => stack.client.zcard(arrived)));
    return waiting.every((count) => count === 0);
  });
};

/** An install and a later one of its number, of one connector: the first gave it up, the second has adopted it. */
const twoOfOneConnector = async (stack: Stack, end: (installId: string) => Promise<unknown>) => {
  const first = await enqueue(stack);
  await inStatus(stack, first, "awaiting_channel");
  await end(first);
  const second = await enqueue(stack);
  return { first, second };
};

test("bug: uninstalling a cancelled install deletes the connector of the completed one that adopted it", () =>
  withStackActions(
    { sandbox: { faults: [fault({ kind: "event_late", delayMs: 400 })] } },
    async (stack, { actions, uninstall }) => {
      const { first, second } = await twoOfOneConnector(stack, async (id) => {
        await actions.cancel(id);
        await inStatus(stack, id, "cancelled");
      });
      const completed = await inStatus(stack, second, "completed");
      assert.equal((await stack.producer.installs.find(first))?.connectorId, completed.connectorId);
      await assert.rejects(
        uninstall(first),
        (error) => error instanceof ConnectorOfAnotherInstallError && error.message.includes(second),
      );
      assert.ok(await isAtBird(stack, completed.connectorId));
      assert.equal((await stack.producer.installs.find(second))?.uninstalledAt, undefined);
      assert.ok((await uninstall(second)).uninstalledAt, "its owner may");
      assert.equal(await isAtBird(stack, completed.connectorId), false);
    },
  ));

test("the API refuses to uninstall or retry by an install that is not the owner, with 409 and the owner's id", () =>
  withStackActions(
    { sandbox: { faults: [fault({ kind: "event_late", delayMs: 400 })] } },
    async (stack, { actions }) => {
      const { first, second } = await twoOfOneConnector(stack, async (id) => {
        await actions.cancel(id);
        await inStatus(stack, id, "cancelled");
      });
      await inStatus(stack, second, "completed");
      const { url } = await stack.startAnApi();
      const answer = await fetch(`${url}/v1/installs/${first}/connector`, { method: "DELETE" });
      assert.equal(answer.status, 409);
      const problem = await answer.text();
      assert.match(problem, /"code":"connector_of_another_install"/);
      assert.ok(problem.includes(second));
    },
  ));

test("bug: a late event of an uninstalled connector completes its install", () =>
  withStackActions({ sandbox: noChannel, worker: soonOver }, async (stack, { uninstall }) => {
    const id = await enqueue(stack);
    const { connectorId } = await inStatus(stack, id, "failed");
    await uninstall(id);
    assert.equal(await sendEvent(stack, eventOf(connectorId)), 200);
    await swept(stack);
    const after = await stack.producer.installs.find(id);
    assert.equal(after?.status, "failed");
    assert.equal(after?.completedBy, undefined);
    const { items } = await createUnmatchedEvents(stack).list({ limit: 5 });
    assert.deepEqual(
      items.map((event) => [event.connectorId, event.conflict]),
      [[connectorId, "not_held"]],
    );
  }));

test("bug: a late event of an uninstalled connector makes its retried install post for ever", () =>
  withStackActions({ sandbox: noChannel, worker: soonOver }, async (stack, { actions, uninstall }) => {
    const id = await enqueue(stack);
    const { connectorId } = await inStatus(stack, id, "failed");
    await uninstall(id);
    await setFaults(stack, [fault({ kind: "status", status: 422 })]);
    await actions.retry(id, { accessToken: "EAAG-NEW" });
    const rejected = await until("the retried install is refused", async () => {
      const install = await stack.producer.installs.find(id);
      return install?.error?.code === "rejected_by_bird" && install;
    });
    const posts = stack.sandbox.report().requests.createConnector;
    assert.equal(await sendEvent(stack, eventOf(connectorId)), 200);
    await swept(stack);
    assert.deepEqual(await stack.producer.installs.find(id), rejected);
    assert.deepEqual(stack.sandbox.report().requests.createConnector, posts);
  }));

test("bug: an event of the old connector makes an install that awaits its new one run again and again", () =>
  withStackActions({ sandbox: noChannel, startsPaused: true }, async (stack, { actions, uninstall }) => {
    const hasty = await stack.startAnotherWorker(soonOver);
    const id = await enqueue(stack);
    const { connectorId } = await inStatus(stack, id, "failed");
    await uninstall(id);
    await hasty.close();
    await stack.startAnotherWorker({ firstPollMs: 60_000 });
    await actions.retry(id, { accessToken: "EAAG-NEW" });
    await inStatus(stack, id, "awaiting_channel");
    const job = stack.keys.ofInstall(id).job(id);
    const runs = await stack.client.hget(job, "ats");
    assert.equal(await sendEvent(stack, eventOf(connectorId)), 200);
    await swept(stack);
    assert.equal(await stack.client.hget(job, "ats"), runs);
  }));

test("bug: retrying the older of two failed installs of one connector lets the event complete the other", () =>
  withStackActions({ sandbox: noChannel, startsPaused: true }, async (stack, { actions }) => {
    const hasty = await stack.startAnotherWorker(soonOver);
    const { first, second } = await twoOfOneConnector(stack, (id) => inStatus(stack, id, "failed"));
    const { connectorId } = await inStatus(stack, second, "failed");
    assert.equal((await stack.producer.installs.find(first))?.connectorId, connectorId);
    await hasty.close();
    await stack.startAnotherWorker({ firstPollMs: 60_000 });
    await actions.retry(first, {});
    await inStatus(stack, first, "awaiting_channel");
    assert.equal(await sendEvent(stack, eventOf(connectorId)), 200);
    await inStatus(stack, first, "completed");
    await swept(stack);
    assert.equal((await stack.producer.installs.find(second))?.status, "failed");
    await assert.rejects(actions.retry(second, {}), InstallStateError);
  }));

test("nothing relies on a connector whose delete was not answered, until it is repeated", () =>
  withStackActions({ sandbox: noChannel, worker: soonOver }, async (stack, { actions, uninstall }) => {
    const id = await enqueue(stack);
    const { connectorId } = await inStatus(stack, id, "failed");
    await setFaults(stack, [{ operation: "deleteConnector", times: 1, fault: { kind: "answer_lost" } }]);
    await assert.rejects(uninstall(id));
    await assert.rejects(
      actions.retry(id, {}),
      (error) => error instanceof InstallStateError && /uninstall it again/.test(error.message),
    );
    assert.equal(await sendEvent(stack, eventOf(connectorId)), 200);
    await swept(stack);
    assert.equal((await stack.producer.installs.find(id))?.status, "failed");
    await setFaults(stack, []);
    assert.ok((await uninstall(id)).uninstalledAt);
  }));

test("a delete that Bird refuses changes nothing: the late event still completes the install", () =>
  withStackActions({ sandbox: noChannel, worker: soonOver }, async (stack, { uninstall }) => {
    const id = await enqueue(stack);
    const { connectorId } = await inStatus(stack, id, "failed");
    await setFaults(stack, [
      { operation: "deleteConnector", times: "always", fault: { kind: "status", status: 403 } },
    ]);
    await assert.rejects(uninstall(id));
    assert.equal(await sendEvent(stack, eventOf(connectorId)), 200);
    await inStatus(stack, id, "completed");
  }));

test("bug: a failed install that a batch resumes or an operator wakes runs again without an event", () =>
  withStackActions({ sandbox: noChannel, worker: soonOver }, async (stack) => {
    const id = await enqueue(stack);
    const failed = await inStatus(stack, id, "failed");
    const queues = createInstallsQueues(stack);
    const matching = createMatching({ ...stack, queues, retentionMs: 60_000 });
    assert.equal(await matching.wake(id), "failed");
    assert.equal(await matching.wake(id, { eventOf: randomUUID() }), "not_owner");
    assert.deepEqual(await stack.producer.installs.find(id), failed);
    await queues.close();
  }));

test("bug: an install adopts a connector that it saw in Bird's list just before the uninstall was through", () =>
  withStackActions({ sandbox: noChannel, worker: soonOver }, async (stack, { uninstall }) => {
    const id = await enqueue(stack);
    const { connectorId = "" } = await inStatus(stack, id, "failed");
    await uninstall(id);
    const queues = createInstallsQueues(stack);
    const matching = createMatching({ ...stack, queues, retentionMs: 60_000 });
    const job = await queues.of(id).getJob(id);
    assert.ok(job !== undefined);
    const data = { ...job.data, connectorId: connectorId.toUpperCase() };
    const binding = await matching.bind({ installId: id, connectorId, token: "a run's", data });
    assert.deepEqual(binding, { kind: "connector_gone" });
    await queues.close();
  }));
