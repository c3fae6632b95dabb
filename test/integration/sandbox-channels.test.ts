import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createBody,
  openReceiver,
  openSandbox,
  otherWorkspaceId,
  phoneNumberOf,
  subscribed,
  workspaceId,
} from "./sandbox-fixture.ts";

const path = `/workspaces/${workspaceId}/channels`;

test("a channel reads like the payload of its event", async (t) => {
  const receiver = await openReceiver(t);
  const now = () => Date.parse("2025-03-04T10:00:07.300Z");
  const sandbox = await openSandbox(t, { ...subscribed(receiver), now });
  const created = await sandbox.create(1);
  const [event] = await receiver.received(1);
  const channel = {
    id: event?.payload.id,
    platformId: "whatsapp",
    name: createBody(1).name,
    connectorId: created.body.id,
    identifier: phoneNumberOf(1),
    status: "active",
    createdAt: "2025-03-04T10:00:07.300Z",
    updatedAt: "2025-03-04T10:00:07.300Z",
  };
  assert.deepEqual(event?.payload, channel);
  const read = await sandbox.call("GET", `${path}/${channel.id?.toUpperCase()}`);
  assert.equal(read.status, 200);
  assert.deepEqual(read.json, channel);
  assert.deepEqual((await sandbox.call("GET", path)).json, { results: [channel] });
});

test("an unknown channel is not found", async (t) => {
  const sandbox = await openSandbox(t);
  assert.equal((await sandbox.call("GET", `${path}/${otherWorkspaceId}`)).status, 404);
});

test("channels are listed by platform and status", async (t) => {
  const faults = [
    { phoneNumber: phoneNumberOf(2), fault: { kind: "event_status", status: "pending" } },
  ] as const;
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  await sandbox.create(1);
  await sandbox.create(2);
  const texts = { name: "texts", connectorTemplateRef: "sms-messagebird:1" };
  await sandbox.call("POST", `/workspaces/${workspaceId}/connectors`, { body: texts });
  await receiver.received(3);

  const namesOf = async (query: string) =>
    (await sandbox.call("GET", path + query)).body.results.map(({ name }) => name);
  const [one, two] = [createBody(1).name, createBody(2).name];
  assert.deepEqual(await namesOf(""), [one, two, "texts"]);
  assert.deepEqual(await namesOf("?reverse=true"), ["texts", two, one]);
  assert.deepEqual(await namesOf("?platform=whatsapp"), [one, two]);
  assert.deepEqual(await namesOf("?platform=sms&platform=line"), ["texts"]);
  assert.deepEqual(await namesOf("?status=pending"), [two]);
  assert.deepEqual(await namesOf("?platform=whatsapp&status=active"), [one]);
});

test("a list of channels holds 10 of at most 1000 and pages on", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  for (let number = 0; number < 12; number += 1) await sandbox.create(number);
  await receiver.received(12);
  const first = await sandbox.call("GET", path);
  const second = await sandbox.call("GET", `${path}?pageToken=${first.body.nextPageToken}`);
  assert.deepEqual([first.body.results.length, second.body.results.length], [10, 2]);
  assert.equal(second.body.nextPageToken, undefined);
  assert.equal((await sandbox.call("GET", `${path}?limit=1000`)).body.results.length, 12);
  for (const query of ["limit=1001", "platform=a%20b", `pageToken=${"x".repeat(8001)}`]) {
    assert.equal((await sandbox.call("GET", `${path}?${query}`)).status, 422, query);
  }
});
