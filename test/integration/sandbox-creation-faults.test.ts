import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import {
  acknowledge,
  createBody,
  openReceiver,
  openSandbox,
  phoneNumberOf,
  signingKey,
  subscribed,
  workspaceId,
} from "./sandbox-fixture.ts";

const path = `/workspaces/${workspaceId}/connectors`;

/** Strikes number 1 only, so that number 2 shows when the events of number 1 must have come. */
const onFirst = (...faults: readonly FaultRule["fault"][]): FaultRule[] =>
  faults.map((fault) => ({ phoneNumber: phoneNumberOf(1), fault }));

test("channel_in_answer names the channel in the 201, and its event comes as usual", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, {
    ...subscribed(receiver),
    faults: onFirst({ kind: "channel_in_answer" }),
  });
  const { status, body } = await sandbox.create(1);
  const [event] = await receiver.received(1);
  assert.equal(status, 201);
  assert.deepEqual(body.channel, { channelId: event?.payload.id, platform: "whatsapp" });
  await sandbox.create(2);
  await receiver.received(2);
  assert.equal(sandbox.report().events.sent, 2);
});

test("no_arguments_echo shows no arguments in any read", async (t) => {
  const sandbox = await openSandbox(t, { faults: onFirst({ kind: "no_arguments_echo" }) });
  const created = await sandbox.create(1);
  await sandbox.create(2);
  const read = await sandbox.call("GET", `${path}/${created.body.id}`);
  const { results } = (await sandbox.call("GET", path)).body;
  const shown = [created.body, read.body, ...results].map((connector) => connector.arguments);
  assert.deepEqual(shown, [null, null, null, createBody(2).arguments]);
});

test("list_lag hides a connector from the list for a while, not from a read", async (t) => {
  let nowMs = Date.parse("2025-03-04T10:00:00.000Z");
  const faults = onFirst({ kind: "list_lag", delayMs: 5000 });
  const sandbox = await openSandbox(t, { now: () => nowMs, faults });
  const { body } = await sandbox.create(1);
  await sandbox.create(2);
  const listed = async () => (await sandbox.call("GET", path)).body.results.map(({ name }) => name);
  nowMs += 4999;
  assert.deepEqual(await listed(), [createBody(2).name]);
  assert.equal((await sandbox.call("GET", `${path}/${body.id}`)).status, 200);
  nowMs += 1;
  assert.deepEqual(await listed(), [createBody(1).name, createBody(2).name]);
});

test("event_before_answer has the event acknowledged before a 201 that names no channel", async (t) => {
  let isAnswered = false;
  let wasAnswered: boolean | undefined;
  const receiver = await openReceiver(t, (index, response) => {
    setTimeout(() => {
      wasAnswered = isAnswered;
      acknowledge(index, response);
    }, 30);
  });
  const faults = onFirst({ kind: "event_before_answer" });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), channelDelayMs: 60_000, faults });
  const { status, body } = await sandbox.create(1);
  isAnswered = true;
  assert.equal(wasAnswered, false);
  assert.equal(status, 201);
  assert.equal(body.channel, undefined);
  assert.equal(receiver.events[0]?.payload.connectorId, body.id);
  assert.equal(sandbox.report().connectors[0]?.channelId, receiver.events[0]?.payload.id);
});

test("event_before_answer does not hold the answer back when the event is refused or there is no subscription", async (t) => {
  const receiver = await openReceiver(t, (_index, response) => {
    response.writeHead(500).end();
  });
  const faults = onFirst({ kind: "event_before_answer" });
  const refused = await openSandbox(t, { ...subscribed(receiver), faults });
  assert.equal((await refused.create(1)).status, 201);
  assert.equal(receiver.events.length, 1);
  const unheard = await openSandbox(t, { faults });
  assert.equal((await unheard.create(1)).status, 201);
});

test("event_before_answer holds back every kind of answer", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  const answers = [
    { kind: "empty_200" },
    { kind: "status", status: 500, done: true },
    { kind: "slow", delayMs: 1 },
  ] as const;
  for (const [index, fault] of answers.entries()) {
    sandbox.setFaults(onFirst({ kind: "event_before_answer" }, fault));
    await sandbox.create(1);
    assert.equal(receiver.events.length, index + 1);
  }
});

test("event_late shows the channel in time and sends its event later", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_late", delayMs: 250 });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  const startMs = performance.now();
  const { body } = await sandbox.create(1);
  await sandbox.create(2);
  await receiver.received(1);
  const read = await sandbox.call("GET", `${path}/${body.id}`);
  const [first, late] = await receiver.received(2);
  assert.equal(first?.payload.identifier, phoneNumberOf(2));
  assert.ok((late?.atMs ?? 0) - startMs >= 249);
  assert.equal(read.body.channel?.channelId, late?.payload.id);
});

test("event_repeated sends an acknowledged event again, the same in everything", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_repeated", times: 2 });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  await sandbox.create(1);
  const events = await receiver.received(3);
  assert.equal(new Set(events.map(({ requestId }) => requestId)).size, 1);
  assert.equal(new Set(events.map(({ signature }) => signature)).size, 1);
  await sandbox.create(2);
  assert.equal((await receiver.received(4))[3]?.payload.identifier, phoneNumberOf(2));
  while (sandbox.report().events.pending > 0) await sandbox.call("GET", path);
  assert.equal(sandbox.report().events.sent, 4);
});

test("event_never makes the channel and sends no event, not of changes either", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst(
    { kind: "event_never" },
    { kind: "event_status", status: "pending", thenStatus: "active", afterMs: 0 },
  );
  const { url } = receiver;
  const events = ["channel.created", "channel.updated"] as const;
  const sandbox = await openSandbox(t, {
    subscribeAll: { url, signingKey: () => signingKey, events },
    faults,
  });
  const { body } = await sandbox.create(1);
  await sandbox.create(2);
  assert.equal((await receiver.received(1))[0]?.payload.identifier, phoneNumberOf(2));
  const read = await sandbox.call("GET", `${path}/${body.id}`);
  assert.notEqual(read.body.channel?.channelId, undefined);
  assert.equal(sandbox.report().connectors[0]?.channelStatus, "active");
  assert.equal(sandbox.report().events.sent, 1);
});

test("channel_never makes no channel and sends nothing", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "channel_never" }, { kind: "event_before_answer" });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  const { body } = await sandbox.create(1);
  await sandbox.create(2);
  assert.equal((await receiver.received(1))[0]?.payload.identifier, phoneNumberOf(2));
  assert.equal((await sandbox.call("GET", `${path}/${body.id}`)).body.channel, undefined);
  assert.equal((await sandbox.call("GET", `/workspaces/${workspaceId}/channels`)).body.results.length, 1);
});

test("event_unknown_connector adds an event about an unknown connector", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_unknown_connector" });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  const { body } = await sandbox.create(1);
  const events = await receiver.received(2);
  const stranger = events.find(({ payload }) => payload.connectorId !== body.id);
  assert.ok(stranger?.isSigned);
  assert.equal(stranger.payload.identifier, undefined);
  assert.ok(events.some(({ payload }) => payload.connectorId === body.id));
  assert.equal((await sandbox.call("GET", `${path}/${stranger.payload.connectorId}`)).status, 404);
  assert.equal(
    (await sandbox.call("GET", `/workspaces/${workspaceId}/channels/${stranger.payload.id}`)).status,
    404,
  );
});

test("event_other_channel adds an event that names another channel of the connector", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_other_channel" });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  const { body } = await sandbox.create(1);
  const events = await receiver.received(2);
  assert.deepEqual(
    events.map(({ payload }) => payload.connectorId),
    [body.id, body.id],
  );
  const [channelId] = sandbox.report().connectors.map((connector) => connector.channelId);
  assert.deepEqual(new Set(events.map(({ payload }) => payload.id)).size, 2);
  assert.ok(events.some(({ payload }) => payload.id === channelId));
});

test("event_status makes the channel in one status and changes it with channel.updated", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_status", status: "pending", thenStatus: "active", afterMs: 250 });
  const { url } = receiver;
  const events = ["channel.created", "channel.updated"] as const;
  const sandbox = await openSandbox(t, {
    subscribeAll: { url, signingKey: () => signingKey, events },
    faults,
  });
  const startMs = performance.now();
  const { body } = await sandbox.create(1);
  const [created] = await receiver.received(1);
  assert.deepEqual([created?.event, created?.payload.status], ["channel.created", "pending"]);
  assert.deepEqual((await sandbox.call("GET", `${path}/${body.id}/status`)).json, {
    channel: { status: "pending", stage: "installing" },
    number: { status: "pending" },
  });
  const [, updated] = await receiver.received(2);
  assert.deepEqual([updated?.event, updated?.payload.status], ["channel.updated", "active"]);
  assert.ok((updated?.atMs ?? 0) - startMs >= 249);
  assert.equal(updated?.payload.id, created?.payload.id);
  assert.ok(String(updated?.payload.updatedAt) > String(created?.payload.updatedAt));
  assert.equal(sandbox.report().connectors[0]?.channelStatus, "active");
});

test("event_status waits a second before the change by default", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_status", status: "pending", thenStatus: "active" });
  const { url } = receiver;
  const sandbox = await openSandbox(t, {
    subscribeAll: { url, signingKey: () => signingKey, events: ["channel.updated"] },
    faults,
  });
  const startMs = performance.now();
  await sandbox.create(1);
  const [updated] = await receiver.received(1);
  assert.ok((updated?.atMs ?? 0) - startMs >= 999);
});

test("no event is sent for a channel deleted before its change", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_status", status: "pending", thenStatus: "active", afterMs: 150 });
  const { url } = receiver;
  const events = ["channel.updated"] as const;
  const sandbox = await openSandbox(t, {
    subscribeAll: { url, signingKey: () => signingKey, events },
    faults,
  });
  const { body } = await sandbox.create(1);
  await sandbox.call("GET", path);
  await sandbox.call("DELETE", `${path}/${body.id}`);
  sandbox.setFaults([
    { fault: { kind: "event_status", status: "pending", thenStatus: "active", afterMs: 250 } },
  ]);
  await sandbox.create(2);
  assert.equal((await receiver.received(1))[0]?.payload.identifier, phoneNumberOf(2));
});

test("event_wrong_signature signs the first deliveries with another key", async (t) => {
  const receiver = await openReceiver(t, (index, response) => {
    response.writeHead(index < 2 ? 401 : 204).end();
  });
  const faults = onFirst({ kind: "event_wrong_signature", times: 2 });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults, eventRepeatMs: [1, 1, 1] });
  await sandbox.create(1);
  const events = await receiver.received(3);
  assert.deepEqual(
    events.map(({ isSigned }) => isSigned),
    [false, false, true],
  );
  assert.equal(Buffer.from(events[0]?.signature ?? "", "base64").length, 32);
  assert.equal(new Set(events.map(({ requestId }) => requestId)).size, 1);
});

test("event_wrong_signature alters one delivery by default", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_wrong_signature" }, { kind: "event_repeated", times: 1 });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  await sandbox.create(1);
  const events = await receiver.received(2);
  assert.deepEqual(
    events.map(({ isSigned }) => isSigned),
    [false, true],
  );
});

test("event_minimal says no more than the channel's id and status", async (t) => {
  const receiver = await openReceiver(t);
  const faults = onFirst({ kind: "event_minimal" }, { kind: "event_status", status: "preview" });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  const { body } = await sandbox.create(1);
  const [event] = await receiver.received(1);
  const read = await sandbox.call("GET", `${path}/${body.id}`);
  assert.deepEqual(event?.payload, { id: read.body.channel?.channelId, status: "preview" });
});
