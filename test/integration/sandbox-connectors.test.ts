import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  accessToken,
  birdUuid,
  createBody,
  openReceiver,
  openSandbox,
  otherWorkspaceId,
  phoneIdOf,
  phoneNumberOf,
  subscribed,
  workspaceId,
} from "./sandbox-fixture.ts";

const path = `/workspaces/${workspaceId}/connectors`;

test("a create answers 201 with the connector, its arguments and no channel", async (t) => {
  const now = () => Date.parse("2025-03-04T10:00:00.000Z");
  const sandbox = await openSandbox(t, { now, channelDelayMs: 60_000 });
  const body = createBody(1, { channelConversationalStatusEnabled: true, invitationToken: "invited" });
  const { status, json, headers } = await sandbox.call("POST", path, { body });
  const id = sandbox.report().connectors[0]?.id ?? "";

  assert.equal(status, 201);
  assert.match(String(headers["content-type"]), /^application\/json/);
  assert.match(id, birdUuid);
  const connector = {
    id,
    workspaceId,
    routingKey: null,
    name: body.name,
    region: "eu-west-1",
    description: "",
    arguments: body.arguments,
    number: null,
    connectorTemplateSlug: "whatsapp",
    connectorTemplateRef: "whatsapp:1",
    dataCapture: null,
    createdAt: "2025-03-04T10:00:00.000Z",
    updatedAt: "2025-03-04T10:00:00.000Z",
  };
  assert.deepEqual(json, connector);
  assert.deepEqual((await sandbox.call("GET", `${path}/${id}`)).json, connector);
});

test("members that Bird lets anyone add to the arguments come back", async (t) => {
  const sandbox = await openSandbox(t);
  const given = { ...createBody().arguments, mbPhoneId: "c4a1e8d2", note: "free" };
  const { json } = await sandbox.call("POST", path, { body: createBody(0, { arguments: given }) });
  assert.deepEqual(Object.entries(json ?? {}).find(([key]) => key === "arguments")?.[1], given);
});

test("the access token is kept and shown as its SHA-256 only", async (t) => {
  const sandbox = await openSandbox(t);
  const created = await sandbox.create();
  const report = await sandbox.call("GET", "/sandbox/report");
  const read = await sandbox.call("GET", `${path}/${created.body.id}`);
  for (const { text } of [created, report, read]) assert.ok(!text.includes(accessToken));
  assert.equal(
    sandbox.report().connectors[0]?.accessTokenSha256,
    createHash("sha256").update(accessToken).digest("hex"),
  );
});

test("the channel shows in the connector and in its status once it exists", async (t) => {
  const receiver = await openReceiver(t);
  let nowMs = 0;
  const now = () => {
    nowMs += 1000;
    return nowMs;
  };
  const sandbox = await openSandbox(t, { ...subscribed(receiver), now });
  const { body } = await sandbox.create();
  const [event] = await receiver.received(1);
  const read = await sandbox.call("GET", `${path}/${body.id}`);
  assert.equal(body.updatedAt, body.createdAt);
  assert.equal(read.body.updatedAt, event?.payload.createdAt);
  assert.deepEqual(read.body.channel, { channelId: event?.payload.id, platform: "whatsapp" });
  assert.deepEqual((await sandbox.call("GET", `${path}/${body.id}/status`)).json, {
    channel: { status: "active", stage: "ready" },
    number: { status: "active" },
  });
});

test("the status of a connector without a channel is pending", async (t) => {
  const sandbox = await openSandbox(t, { channelDelayMs: 60_000 });
  const { body } = await sandbox.create();
  assert.deepEqual((await sandbox.call("GET", `${path}/${body.id}/status`)).json, {
    channel: { status: "pending", stage: "installing" },
    number: { status: "pending" },
  });
});

const whatsapp = createBody().arguments;
const refusals: readonly [
  what: string,
  change: Record<string, unknown>,
  details: Record<string, string[]>,
][] = [
  ["an unknown member", { clientReference: "x" }, { clientReference: ["is not allowed"] }],
  ["no name", { name: undefined }, { name: ["is required"] }],
  ["an empty name", { name: "" }, { name: ["must not be empty"] }],
  ["a number for a name", { name: 4 }, { name: ["must be text"] }],
  ["no arguments", { arguments: undefined }, { arguments: ["is required"] }],
  [
    "arguments without their members",
    { arguments: {} },
    {
      "arguments.wabaId": ["is required"],
      "arguments.phoneId": ["is required"],
      "arguments.phoneNumber": ["is required"],
    },
  ],
  [
    "a phone number with spaces",
    { arguments: { ...whatsapp, phoneNumber: "+1 415 555 0123" } },
    { "arguments.phoneNumber": ["must be a phone number in E.164"] },
  ],
  [
    "a phone id of letters",
    { arguments: { ...whatsapp, phoneId: "abc" } },
    { "arguments.phoneId": ["must be digits"] },
  ],
  [
    "an empty Bird phone id",
    { arguments: { ...whatsapp, mbPhoneId: "" } },
    { "arguments.mbPhoneId": ["must not be empty"] },
  ],
  ["no secrets", { securityArguments: undefined }, { securityArguments: ["is required"] }],
  [
    "no access token",
    { securityArguments: { oauth: {} } },
    { "securityArguments.oauth.accessToken": ["is required"] },
  ],
];

for (const [what, change, details] of refusals) {
  test(`a create with ${what} is refused with 422 naming the member`, async (t) => {
    const sandbox = await openSandbox(t);
    const { status, json } = await sandbox.call("POST", path, { body: createBody(0, change) });
    assert.equal(status, 422);
    assert.deepEqual(json, { code: "InvalidPayload", message: "invalid data provided", details });
    assert.deepEqual(sandbox.report().connectors, []);
  });
}

test("a create without or with an unknown template is refused with 422 naming the known ones", async (t) => {
  const sandbox = await openSandbox(t);
  for (const connectorTemplateRef of [undefined, "fax:1"]) {
    const { status, body } = await sandbox.call("POST", path, {
      body: createBody(0, { connectorTemplateRef }),
    });
    assert.equal(status, 422);
    assert.match(String(body.details?.connectorTemplateRef), /must be one of whatsapp:1, sms-messagebird:1/);
  }
});

test("a create without a body is refused with 422", async (t) => {
  const sandbox = await openSandbox(t);
  const { status, body } = await sandbox.call("POST", path);
  assert.equal(status, 422);
  assert.deepEqual(body.details, { body: ["is required"] });
  const headers = { "content-type": "application/json" };
  assert.equal((await sandbox.call("POST", path, { headers })).status, 422);
  const { body: made } = await sandbox.create();
  assert.equal((await sandbox.call("DELETE", `${path}/${made.id}`, { headers })).status, 204);
});

test("a template without a phone number is taken with any arguments", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  const { status } = await sandbox.call("POST", path, {
    body: { name: "texts", connectorTemplateRef: "sms-messagebird:1", arguments: null },
  });
  assert.equal(status, 201);
  const [event] = await receiver.received(1);
  assert.equal(event?.payload.platformId, "sms");
  assert.equal(event?.payload.identifier, undefined);
});

test("a list is oldest first, pages by opaque tokens and ends without one", async (t) => {
  const sandbox = await openSandbox(t);
  for (let number = 0; number < 5; number += 1) await sandbox.create(number);
  const names: unknown[] = [];
  const sizes: number[] = [];
  let query = "?limit=2";
  for (;;) {
    const { body } = await sandbox.call("GET", path + query);
    names.push(...body.results.map(({ name }) => name));
    sizes.push(body.results.length);
    if (body.nextPageToken === undefined) break;
    query = `?limit=2&pageToken=${body.nextPageToken}`;
  }
  assert.deepEqual(sizes, [2, 2, 1]);
  assert.deepEqual(
    names,
    [0, 1, 2, 3, 4].map((number) => `acme ${phoneNumberOf(number)}`),
  );
});

test("a list in reverse is newest first, and a full last page is followed by an empty one", async (t) => {
  const sandbox = await openSandbox(t);
  for (let number = 0; number < 4; number += 1) await sandbox.create(number);
  const query = "?limit=2&reverse=true";
  const first = await sandbox.call("GET", path + query);
  const second = await sandbox.call("GET", `${path}${query}&pageToken=${first.body.nextPageToken}`);
  const third = await sandbox.call("GET", `${path}${query}&pageToken=${second.body.nextPageToken}`);
  const names = [first, second].flatMap(({ body }) => body.results.map(({ name }) => name));
  assert.deepEqual(
    names,
    [3, 2, 1, 0].map((number) => `acme ${phoneNumberOf(number)}`),
  );
  assert.deepEqual(third.json, { results: [] });
});

test("a list holds 10 of at most 100 connectors of one workspace", async (t) => {
  const sandbox = await openSandbox(t);
  await sandbox.create(0, { workspaceId: otherWorkspaceId });
  for (let number = 1; number <= 11; number += 1) await sandbox.create(number);
  assert.equal((await sandbox.call("GET", path)).body.results.length, 10);
  assert.equal((await sandbox.call("GET", `${path}?limit=100`)).body.results.length, 11);
  for (const query of ["limit=101", "limit=0", "limit=x", "pageToken=x", "reverse=x"]) {
    const { status, body } = await sandbox.call("GET", `${path}?${query}`);
    assert.equal(status, 422);
    assert.deepEqual(Object.keys(body.details ?? {}), [query.split("=")[0]]);
  }
});

test("a list can be narrowed to one template", async (t) => {
  const sandbox = await openSandbox(t);
  await sandbox.create(1);
  await sandbox.call("POST", path, { body: { name: "texts", connectorTemplateRef: "sms-messagebird:1" } });
  const { body } = await sandbox.call("GET", `${path}?templateRef=whatsapp:1`);
  assert.deepEqual(
    body.results.map(({ name }) => name),
    [`acme ${phoneNumberOf(1)}`],
  );
});

test("a deleted connector is gone with its channel, and the report remembers it", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  const { body } = await sandbox.create();
  const [event] = await receiver.received(1);
  const removed = await sandbox.call("DELETE", `${path}/${body.id}`);
  assert.equal(removed.status, 204);
  assert.equal(removed.text, "");

  const channels = `/workspaces/${workspaceId}/channels`;
  assert.deepEqual((await sandbox.call("GET", path)).body.results, []);
  assert.deepEqual((await sandbox.call("GET", channels)).body.results, []);
  const paths = [`${path}/${body.id}`, `${path}/${body.id}/status`, `${channels}/${event?.payload.id}`];
  for (const gone of paths) assert.equal((await sandbox.call("GET", gone)).status, 404);
  assert.equal((await sandbox.call("DELETE", `${path}/${body.id}`)).status, 404);
  assert.match(sandbox.report().connectors[0]?.deletedAt ?? "", /^\d{4}-/);
});

test("a connector deleted before its channel was made never gets one", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, { ...subscribed(receiver), channelDelayMs: 150 });
  const { body } = await sandbox.create(1);
  await sandbox.call("DELETE", `${path}/${body.id}`);
  await sandbox.create(2);
  const events = await receiver.received(1);
  assert.equal(events[0]?.payload.identifier, phoneNumberOf(2));
  assert.equal(sandbox.report().connectors[0]?.channelId, undefined);
});

test("a connector and its channel are found in their own workspace only", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  const { body } = await sandbox.create();
  const [event] = await receiver.received(1);
  const elsewhere = `/workspaces/${otherWorkspaceId}`;
  assert.equal((await sandbox.call("GET", `${elsewhere}/connectors/${body.id}`)).status, 404);
  assert.equal((await sandbox.call("GET", `${elsewhere}/channels/${event?.payload.id}`)).status, 404);
  assert.equal((await sandbox.call("DELETE", `${elsewhere}/connectors/${body.id}`)).status, 404);
});

test("a second connector of a number is made, and the report shows the duplicate", async (t) => {
  const sandbox = await openSandbox(t);
  await sandbox.create(1);
  assert.equal((await sandbox.create(1)).status, 201);
  await sandbox.create(2);
  assert.deepEqual(sandbox.report().creates, {
    [`${workspaceId}/${phoneIdOf(1)}`]: 2,
    [`${workspaceId}/${phoneIdOf(2)}`]: 1,
  });
});

test("with conflictOn phoneId a workspace takes a phone id once until it is deleted", async (t) => {
  const sandbox = await openSandbox(t, { conflictOn: "phoneId" });
  const { body } = await sandbox.create(1);
  const refused = await sandbox.create(1);
  assert.equal(refused.status, 409);
  assert.deepEqual(refused.json, {
    code: "Conflict",
    message: "connector already exists",
    details: { connectorId: body.id },
  });
  assert.equal((await sandbox.create(1, { workspaceId: otherWorkspaceId })).status, 201);
  await sandbox.call("DELETE", `${path}/${body.id}`);
  assert.equal((await sandbox.create(1)).status, 201);
});

test("the report names who made a connector", async (t) => {
  const sandbox = await openSandbox(t);
  await sandbox.create(1, { headers: { "user-agent": "worker-1" } });
  await sandbox.create(2, { headers: { "user-agent": "worker-1", "x-request-marker": "attempt-2" } });
  assert.deepEqual(
    sandbox.report().connectors.map(({ createdBy }) => createdBy),
    ["worker-1", "attempt-2"],
  );
});
