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
  workspaceId,
} from "./sandbox-fixture.ts";

const organizationId = "6d2a9f1e-58b3-4c1f-8a7e-1f6f8f1c2b30";
const shortPath = `/workspaces/${workspaceId}/webhook-subscriptions`;
const path = `/organizations/${organizationId}${shortPath}`;
const body = {
  service: "channels",
  event: "channel.created",
  url: "https://hooks.example.com/webhooks/bird",
  signingKey,
  eventFilters: [{ key: "platformId", value: "whatsapp" }],
};

test("a subscription is made, read without its signing key, listed and deleted", async (t) => {
  const now = () => Date.parse("2025-03-04T09:00:00.000Z");
  const sandbox = await openSandbox(t, { organizationId, now });
  const created = await sandbox.call("POST", path, { body });
  const { id } = created.body;
  const { signingKey: _key, ...shown } = body;
  const dates = { createdAt: "2025-03-04T09:00:00.000Z", updatedAt: "2025-03-04T09:00:00.000Z" };
  const read = { id, organizationId, workspaceId, ...shown, status: "active", ...dates };
  assert.equal(created.status, 201);
  assert.match(id, birdUuid);
  assert.deepEqual(created.json, { ...read, signingKey });
  assert.deepEqual((await sandbox.call("GET", `${path}/${id}`)).json, read);
  assert.deepEqual((await sandbox.call("GET", path)).json, { results: [read] });
  assert.deepEqual((await sandbox.call("GET", shortPath)).json, { results: [read] });

  assert.equal((await sandbox.call("DELETE", `${path}/${id}`)).status, 204);
  assert.equal((await sandbox.call("DELETE", `${path}/${id}`)).status, 404);
  assert.equal((await sandbox.call("GET", `${path}/${id}`)).status, 404);
  assert.deepEqual((await sandbox.call("GET", path)).json, { results: [] });
});

test("a subscription without filters and key reads so", async (t) => {
  const sandbox = await openSandbox(t, { organizationId });
  const { service, event, url } = body;
  const { json } = await sandbox.call("POST", path, { body: { service, event, url } });
  const members = Object.entries(json ?? {});
  assert.ok(members.some(([key, value]) => key === "eventFilters" && value === null));
  assert.ok(members.every(([key]) => key !== "signingKey"));
});

test("subscriptions page 10 of at most 100", async (t) => {
  const sandbox = await openSandbox(t, { organizationId });
  for (let index = 0; index < 11; index += 1) {
    const eventFilters = [{ key: "platformId", value: `platform-${index}` }];
    await sandbox.call("POST", path, { body: { ...body, eventFilters } });
  }
  const first = await sandbox.call("GET", path);
  assert.equal(first.body.results.length, 10);
  const second = await sandbox.call("GET", `${path}?pageToken=${first.body.nextPageToken}`);
  assert.equal(second.body.results.length, 1);
  assert.equal((await sandbox.call("GET", `${path}?limit=101`)).status, 422);
});

test("another organization is not found", async (t) => {
  const sandbox = await openSandbox(t, { organizationId });
  assert.equal((await sandbox.call("GET", path.replace(organizationId, otherWorkspaceId))).status, 404);
  assert.equal(
    (await sandbox.call("GET", path.replace(organizationId, organizationId.toUpperCase()))).status,
    200,
  );
});

test("a url is https with a name and no port, or plain http to this machine", async (t) => {
  const sandbox = await openSandbox(t, { organizationId });
  const statusFor = async (url: string) => {
    const answer = await sandbox.call("POST", path, { body: { ...body, url } });
    if (answer.status === 201) await sandbox.call("DELETE", `${path}/${answer.body.id}`);
    return [answer.status, Object.keys(answer.body.details ?? {})];
  };
  for (const url of [
    "https://hooks.example.com",
    "https://hooks.example.com/a?b=c",
    "http://127.0.0.1:3001/webhooks/bird?tenant=42",
    "http://localhost:3001",
  ]) {
    assert.deepEqual(await statusFor(url), [201, []], url);
  }
  for (const url of [
    "http://hooks.example.com/a",
    "https://hooks.example.com:8443/a",
    "https://127.0.0.1/a",
    "https://localhost/a",
    "https://hooks.example.com?b=c",
    "http://127.0.0.1/a",
    "http://127.0.0.1.example.com:80/a",
    "hooks.example.com",
  ]) {
    assert.deepEqual(await statusFor(url), [422, ["url"]], url);
  }
});

test("a subscription that breaks its schema is refused with every problem", async (t) => {
  const sandbox = await openSandbox(t, { organizationId });
  const detailsOf = async (change: Record<string, unknown>) => {
    const answer = await sandbox.call("POST", path, { body: { ...body, ...change } });
    assert.equal(answer.status, 422);
    return answer.body.details;
  };
  assert.deepEqual(await detailsOf({ service: undefined, event: undefined, name: "x" }), {
    service: ["is required"],
    event: ["is required"],
    name: ["is not allowed"],
  });
  assert.deepEqual(await detailsOf({ service: "mail" }), {
    service: ["must be one of channels, numbers, payments, conversations"],
  });
  assert.deepEqual(await detailsOf({ event: "channel.failed" }), { event: ["is not an event of channels"] });
  assert.deepEqual(await detailsOf({ eventFilters: [{ key: "channelId", value: "1" }] }), {
    "eventFilters.0.key": ["must be one of platformId, channelStatus"],
  });
  const statusOfInbound = [{ key: "channelStatus", value: "active" }];
  assert.deepEqual(await detailsOf({ event: "whatsapp.inbound", eventFilters: statusOfInbound }), {
    "eventFilters.0.key": ["must be one of channelId, messageStatus, interactionType"],
  });
  const inbound = { event: "whatsapp.inbound", eventFilters: [{ key: "channelId", value: "1" }] };
  assert.equal((await sandbox.call("POST", path, { body: { ...body, ...inbound } })).status, 201);
  const numbers = { service: "numbers", event: "number.bought", eventFilters: null };
  assert.equal((await sandbox.call("POST", path, { body: { ...body, ...numbers } })).status, 201);
});

test("a workspace has at most five subscriptions with the same filters", async (t) => {
  const sandbox = await openSandbox(t, { organizationId });
  const filters = [
    { key: "platformId", value: "whatsapp" },
    { key: "channelStatus", value: "active" },
  ];
  const add = async (change: Record<string, unknown>, to = path) =>
    (await sandbox.call("POST", to, { body: { ...body, ...change } })).status;
  for (let index = 0; index < 5; index += 1) assert.equal(await add({ eventFilters: filters }), 201);
  assert.equal(await add({ eventFilters: filters.toReversed() }), 422);
  assert.equal(await add({ eventFilters: filters, url: "https://other.example.com/a" }), 422);
  assert.equal(await add({ eventFilters: filters, event: "channel.updated" }), 201);
  assert.equal(await add({ eventFilters: null }), 201);
  const ofChannel = [{ key: "channelId", value: otherWorkspaceId }];
  const events = ["whatsapp.inbound", "whatsapp.outbound", "whatsapp.interaction"];
  for (const event of events) {
    for (let index = 0; index < 5; index += 1)
      assert.equal(await add({ event, eventFilters: ofChannel }), 201);
    assert.equal(await add({ event, eventFilters: ofChannel }), 422);
    assert.equal(await add({ event, eventFilters: [{ key: "channelId", value: workspaceId }] }), 201);
  }
  assert.equal(await add({ eventFilters: filters }, path.replace(workspaceId, otherWorkspaceId)), 201);

  const [first] = (await sandbox.call("GET", path)).body.results;
  await sandbox.call("DELETE", `${path}/${first?.id}`);
  assert.equal(await add({ eventFilters: filters }), 201);
});

test("an event goes to the subscriptions of its workspace whose filters all hold", async (t) => {
  const receiver = await openReceiver(t);
  const faults = [
    { phoneNumber: phoneNumberOf(2), fault: { kind: "event_status", status: "pending" } },
  ] as const;
  const sandbox = await openSandbox(t, { organizationId, faults });
  const add = async (
    tag: string,
    eventFilters: readonly Record<string, string>[] | null,
    change = {},
    to = path,
  ) =>
    await sandbox.call("POST", to, {
      body: { ...body, url: `${receiver.url}/${tag}`, eventFilters, ...change },
    });
  const whatsapp = { key: "platformId", value: "whatsapp" };
  await add("all", null);
  await add("whatsapp", [whatsapp]);
  await add("sms", [{ key: "platformId", value: "sms" }]);
  await add("pending", [whatsapp, { key: "channelStatus", value: "pending" }]);
  await add("updated", null, { event: "channel.updated" });
  await add("numbers", null, { service: "numbers" });
  await add("elsewhere", null, {}, path.replace(workspaceId, otherWorkspaceId));
  const { body: gone } = await add("gone", null);
  await sandbox.call("DELETE", `${path}/${gone.id}`);

  const tagsAfter = async (count: number) => {
    const events = await receiver.received(count);
    return events.map((event) => event.path.split("/").at(-1)).toSorted();
  };
  await sandbox.create(1);
  assert.deepEqual(await tagsAfter(2), ["all", "whatsapp"]);
  await sandbox.create(2);
  assert.deepEqual(await tagsAfter(5), ["all", "all", "pending", "whatsapp", "whatsapp"]);
  assert.equal(sandbox.report().events.sent, 5);
});

test("a subscription without a signing key gets unsigned events", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, { organizationId });
  const { service, event } = body;
  await sandbox.call("POST", path, { body: { service, event, url: receiver.url } });
  await sandbox.create();
  const [received] = await receiver.received(1);
  assert.equal(received?.signature, undefined);
  assert.match(received?.requestId ?? "", birdUuid);
});

test("subscribeAll subscribes every workspace under its own url and key", async (t) => {
  const receiver = await openReceiver(t);
  const asked: string[] = [];
  const sandbox = await openSandbox(t, {
    organizationId,
    subscribeAll: {
      url: `${receiver.url}/{workspaceId}?of={workspaceId}`,
      signingKey: (id) => {
        asked.push(id);
        return id === workspaceId ? signingKey : "another";
      },
    },
  });
  await sandbox.create(1);
  const [first] = await receiver.received(1);
  assert.equal(first?.path, `/webhooks/bird/${workspaceId}?of=${workspaceId}`);
  assert.equal(first?.isSigned, true);
  await sandbox.create(2, { workspaceId: otherWorkspaceId });
  const events = await receiver.received(2);
  assert.equal(events[1]?.path, `/webhooks/bird/${otherWorkspaceId}?of=${otherWorkspaceId}`);
  assert.equal(events[1]?.isSigned, false);
  assert.deepEqual(asked, [workspaceId, otherWorkspaceId]);
});

test("what subscribeAll made is listed, and deleting it ends the events", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, { organizationId, ...subscribed(receiver) });
  const [subscription] = (await sandbox.call("GET", path)).body.results;
  assert.equal(subscription?.url, receiver.url);
  await sandbox.call("DELETE", `${path}/${subscription?.id}`);
  await sandbox.create(1);
  await sandbox.create(2, { workspaceId: otherWorkspaceId });
  const [event] = await receiver.received(1);
  assert.equal(event?.payload.identifier, phoneNumberOf(2));
});

test("subscribeAll is refused at the start when Bird would not take its url", async (t) => {
  await assert.rejects(
    openSandbox(t, { subscribeAll: { url: "http://hooks.example.com/{workspaceId}", signingKey: () => "" } }),
    /must be https/,
  );
});
