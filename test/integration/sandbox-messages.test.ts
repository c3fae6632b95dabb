import assert from "node:assert/strict";
import { test } from "node:test";
import {
  birdUuid,
  openReceiver,
  openSandbox,
  otherWorkspaceId,
  phoneNumberOf,
  signingKey,
  subscribed,
  type TestSandbox,
  workspaceId,
} from "./sandbox-fixture.ts";

const now = () => Date.parse("2025-03-04T10:00:00.000Z");
const to = "+31612345678";
const receiver = { contacts: [{ identifierKey: "phonenumber", identifierValue: to }] };
const text = { receiver, body: { type: "text", text: { text: "Hello" } } };
const template = {
  projectId: "9d7dcf98-a234-4e45-8304-baabc5db4f50",
  version: "latest",
  locale: "en",
  parameters: [{ type: "string", key: "name", value: "Robert" }],
};

const channelPath = (channelId: string | undefined, workspace = workspaceId): string =>
  `/workspaces/${workspace}/channels/${channelId}/messages`;

/** A channel's id, once the channel is there. */
const makeChannel = async (sandbox: TestSandbox, number = 1): Promise<string> => {
  const { body } = await sandbox.create(number);
  const read = await sandbox.call("GET", `/workspaces/${workspaceId}/connectors/${body.id}`);
  return read.body.channel?.channelId ?? "";
};

const faults = [{ fault: { kind: "channel_in_answer" } }] as const;

test("a message is taken with 202 and kept in the report", async (t) => {
  const sandbox = await openSandbox(t, { faults, now });
  const channelId = await makeChannel(sandbox);
  const { status, json, body } = await sandbox.call("POST", channelPath(channelId), { body: text });
  assert.equal(status, 202);
  assert.match(body.id, birdUuid);
  const at = "2025-03-04T10:00:00.000Z";
  const dates = { createdAt: at, updatedAt: at };
  assert.deepEqual(json, {
    id: body.id,
    channelId,
    ...text,
    status: "accepted",
    direction: "outgoing",
    ...dates,
  });
  const second = await sandbox.call("POST", channelPath(channelId.toUpperCase()), {
    body: { receiver, template },
  });
  assert.equal(second.status, 202);
  const common = { workspaceId, channelId, to, createdAt: at };
  assert.deepEqual(sandbox.report().messages, [
    { id: body.id, ...common, text: "Hello" },
    { id: second.body.id, ...common, template },
  ]);
  assert.deepEqual(sandbox.report().requests.sendMessage, { 202: 2 });
});

test("a message that breaks its schema is refused with every problem", async (t) => {
  const sandbox = await openSandbox(t, { faults });
  const channelId = await makeChannel(sandbox);
  const detailsOf = async (body: unknown) => {
    const answer = await sandbox.call("POST", channelPath(channelId), { body });
    assert.equal(answer.status, 422);
    return answer.body.details;
  };
  assert.deepEqual(await detailsOf({ to, body: text.body }), {
    receiver: ["is required"],
    to: ["is not allowed"],
  });
  assert.deepEqual(await detailsOf({ receiver }), {
    body: ["must be given unless template is, and never with it"],
  });
  assert.deepEqual(await detailsOf({ ...text, template }), {
    body: ["must be given unless template is, and never with it"],
  });
  assert.deepEqual(
    await detailsOf({ ...text, receiver: { contacts: [{ identifierValue: "0612345678" }] } }),
    {
      "receiver.contacts.0.identifierValue": ["must be a phone number in E.164"],
    },
  );
  assert.deepEqual(await detailsOf({ receiver, body: { type: "image" } }), {
    "body.type": ["must be one of text"],
    "body.text": ["is required"],
  });
  assert.deepEqual(await detailsOf({ receiver, template: { ...template, projectId: "x", locale: "" } }), {
    "template.projectId": ["must be a UUID"],
    "template.locale": ["must not be empty"],
  });
  assert.deepEqual(sandbox.report().messages, []);
});

test("a channel that is unknown, of another workspace or of a deleted connector is not found", async (t) => {
  const sandbox = await openSandbox(t, { faults });
  const channelId = await makeChannel(sandbox);
  const statusAt = async (path: string) => (await sandbox.call("POST", path, { body: text })).status;
  assert.equal(await statusAt(channelPath(otherWorkspaceId)), 404);
  assert.equal(await statusAt(channelPath(channelId, otherWorkspaceId)), 404);
  assert.equal(await statusAt(channelPath(channelId)), 202);
  const [connector] = sandbox.report().connectors;
  const path = `/workspaces/${workspaceId}/connectors/${connector?.id}`;
  assert.equal((await sandbox.call("DELETE", path)).status, 204);
  assert.equal(await statusAt(channelPath(channelId)), 404);
  assert.equal((await sandbox.call("GET", `/workspaces/${workspaceId}/channels/${channelId}`)).status, 404);
  assert.deepEqual((await sandbox.call("GET", `/workspaces/${workspaceId}/channels`)).body.results, []);
  assert.equal((await sandbox.call("DELETE", path)).status, 404);
});

test("a channel that is not active takes no message", async (t) => {
  const pending = { fault: { kind: "event_status", status: "pending" } } as const;
  const sandbox = await openSandbox(t, { faults: [...faults, pending] });
  const channelId = await makeChannel(sandbox);
  const { status, body } = await sandbox.call("POST", channelPath(channelId), { body: text });
  assert.deepEqual([status, body.details], [422, { channel: ["is not active"] }]);
});

test("faults strike the messages of a number", async (t) => {
  const sandbox = await openSandbox(t, { faults });
  const [first, second] = [await makeChannel(sandbox, 1), await makeChannel(sandbox, 2)];
  sandbox.setFaults([
    {
      operation: "sendMessage",
      phoneNumber: phoneNumberOf(2),
      times: 1,
      fault: { kind: "status", status: 403 },
    },
  ]);
  const statuses: number[] = [];
  for (const channelId of [first, second, second])
    statuses.push((await sandbox.call("POST", channelPath(channelId), { body: text })).status);
  assert.deepEqual(statuses, [202, 403, 202]);
  assert.equal(sandbox.report().messages.length, 2);
});

test("a message is sent to the subscriptions of its channel, signed", async (t) => {
  const events = await openReceiver(t);
  const sandbox = await openSandbox(t, { faults });
  const [channelId, otherId] = [await makeChannel(sandbox, 1), await makeChannel(sandbox, 2)];
  const subscribe = async (tag: string, event: string, filters: Record<string, string>) => {
    const path = `/organizations/${sandbox.organizationId}/workspaces/${workspaceId}/webhook-subscriptions`;
    const eventFilters = Object.entries(filters).map(([key, value]) => ({ key, value }));
    const url = `${events.url}/${tag}`;
    const body = { service: "channels", event, url, signingKey, eventFilters };
    assert.equal((await sandbox.call("POST", path, { body })).status, 201);
  };
  await subscribe("own", "whatsapp.outbound", { channelId });
  await subscribe("status", "whatsapp.outbound", { channelId, messageStatus: "accepted" });
  await subscribe("delivered", "whatsapp.outbound", { channelId, messageStatus: "delivered" });
  await subscribe("other", "whatsapp.outbound", { channelId: otherId });
  await subscribe("inbound", "whatsapp.inbound", { channelId });
  await sandbox.call("POST", channelPath(channelId), { body: text });
  const received = await events.received(2);
  assert.deepEqual(received.map(({ path }) => path.split("/").at(-1)).toSorted(), ["own", "status"]);
  for (const { event, payload, isSigned } of received) {
    assert.equal(event, "whatsapp.outbound");
    assert.equal(payload.id, sandbox.report().messages[0]?.id);
    assert.equal(isSigned, true);
  }
  assert.equal(sandbox.report().events.sent, 2);
});

test("a reset forgets the messages", async (t) => {
  const sandbox = await openSandbox(t, { faults, ...subscribed(await openReceiver(t)) });
  await sandbox.call("POST", channelPath(await makeChannel(sandbox)), { body: text });
  sandbox.reset();
  assert.deepEqual(sandbox.report().messages, []);
});
