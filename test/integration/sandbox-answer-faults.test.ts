import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import {
  createBody,
  openReceiver,
  openSandbox,
  phoneIdOf,
  subscribed,
  workspaceId,
} from "./sandbox-fixture.ts";

const path = `/workspaces/${workspaceId}/connectors`;
type Fault = FaultRule["fault"];

test("answer_lost makes the connector, sends its event, and never answers", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, {
    ...subscribed(receiver),
    faults: [{ fault: { kind: "answer_lost" } }],
  });
  await assert.rejects(sandbox.create(1), { code: "UND_ERR_SOCKET" });
  const [event] = await receiver.received(1);
  const [connector] = sandbox.report().connectors;
  assert.equal(event?.payload.connectorId, connector?.id);
  assert.equal(event?.payload.id, connector?.channelId);
  assert.deepEqual(sandbox.report().requests, { create: { none: 1 } });
  assert.equal((await sandbox.create(1)).status, 201);
});

test("reset makes nothing and resets the connection", async (t) => {
  const sandbox = await openSandbox(t, { faults: [{ fault: { kind: "reset" } }] });
  await assert.rejects(sandbox.create(1), { code: "ECONNRESET" });
  assert.deepEqual(sandbox.report().connectors, []);
  assert.deepEqual(sandbox.report().requests, { create: { none: 1 } });
  assert.equal((await sandbox.create(1)).status, 201);
});

test("slow makes the connector at once and answers later", async (t) => {
  const receiver = await openReceiver(t);
  const faults = [{ fault: { kind: "slow", delayMs: 250 } }] as const;
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  const startMs = performance.now();
  const created = sandbox.create(1);
  await receiver.received(1);
  assert.deepEqual(sandbox.report().requests, {});
  assert.equal((await created).status, 201);
  assert.ok(performance.now() - startMs >= 249);
});

test("empty_200 makes the connector and answers nothing", async (t) => {
  const sandbox = await openSandbox(t, { faults: [{ fault: { kind: "empty_200" } }] });
  const { status, text } = await sandbox.create(1);
  assert.deepEqual([status, text], [200, ""]);
  assert.equal(sandbox.report().connectors.length, 1);
});

const plain: readonly [status: Extract<Fault, { kind: "status" }>["status"], body: unknown][] = [
  [400, { code: "BadRequest", message: "The request could not be read" }],
  [401, { code: "Unauthorized", message: "The access key is missing or not valid" }],
  [
    403,
    {
      code: "AccessDenied",
      message: "The access key has no policy that allows this action on this resource",
    },
  ],
  [404, { code: "ResourceNotFound", message: "The requested resource does not exist" }],
  [409, { code: "Conflict", message: "connector already exists" }],
  [
    422,
    {
      code: "InvalidPayload",
      message: "invalid data provided",
      details: { "arguments.phoneNumber": ["is not valid"] },
    },
  ],
  [429, { code: "TooManyRequests", message: "Too Many Requests" }],
  [500, { code: "InternalServerError", message: "Something went wrong" }],
];

for (const [status, body] of plain) {
  test(`status ${status} answers Bird's error and makes nothing`, async (t) => {
    const sandbox = await openSandbox(t, { faults: [{ fault: { kind: "status", status } }] });
    const answer = await sandbox.create(1);
    assert.equal(answer.status, status);
    assert.deepEqual(answer.json, body);
    assert.equal(answer.headers["retry-after"], undefined);
    assert.deepEqual(sandbox.report().connectors, []);
    assert.equal((await sandbox.create(1)).status, 201);
  });
}

for (const status of [502, 503, 504] as const) {
  test(`status ${status} answers a gateway's HTML page`, async (t) => {
    const sandbox = await openSandbox(t, { faults: [{ fault: { kind: "status", status } }] });
    const answer = await sandbox.create(1);
    assert.equal(answer.status, status);
    assert.match(String(answer.headers["content-type"]), /^text\/html/);
    assert.match(answer.text, /^<html>/);
    assert.deepEqual(sandbox.report().connectors, []);
  });
}

test("429 and 503 may name when to come back", async (t) => {
  const sandbox = await openSandbox(t);
  for (const status of [429, 503] as const) {
    sandbox.setFaults([{ fault: { kind: "status", status, retryAfterSeconds: 7 } }]);
    assert.equal((await sandbox.create(1)).headers["retry-after"], "7");
  }
});

test("a 409 names the connector of the same number when asked to and when there is one", async (t) => {
  const fault = { kind: "status", status: 409, details: "same_number" } as const;
  const sandbox = await openSandbox(t, { faults: [{ times: "always", fault }] });
  await sandbox.create(1);
  assert.equal((await sandbox.create(2)).body.details, undefined);
  sandbox.setFaults([]);
  await sandbox.create(1);
  const { body } = await sandbox.create(2);
  sandbox.setFaults([{ times: "always", fault }]);
  assert.deepEqual((await sandbox.create(2)).body.details, { connectorId: body.id });
  await sandbox.call("DELETE", `${path}/${body.id}`);
  assert.equal((await sandbox.create(2)).body.details, undefined);
});

test("a 409 names a connector of another number when asked to", async (t) => {
  const fault = { kind: "status", status: 409, details: "other_number" } as const;
  const sandbox = await openSandbox(t);
  await sandbox.create(1);
  const { body } = await sandbox.create(2);
  sandbox.setFaults([{ fault }]);
  assert.deepEqual((await sandbox.create(1)).body.details, { connectorId: body.id });
});

test("a status may lie about what was done", async (t) => {
  const receiver = await openReceiver(t);
  const faults = [{ fault: { kind: "status", status: 502, done: true } }] as const;
  const sandbox = await openSandbox(t, { ...subscribed(receiver), faults });
  assert.equal((await sandbox.create(1)).status, 502);
  const [event] = await receiver.received(1);
  assert.equal(event?.payload.connectorId, sandbox.report().connectors[0]?.id);
});

test("every operation can be struck, the work of deletes included", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  const { body } = await sandbox.create(1);
  const [event] = await receiver.received(1);
  const subscriptions = `/organizations/${sandbox.organizationId}/workspaces/${workspaceId}/webhook-subscriptions`;
  const channels = `/workspaces/${workspaceId}/channels`;
  const [subscription] = (await sandbox.call("GET", subscriptions)).body.results;
  const calls = [
    ["create", "POST", path],
    ["listConnectors", "GET", path],
    ["getConnector", "GET", `${path}/${body.id}`],
    ["connectorStatus", "GET", `${path}/${body.id}/status`],
    ["listChannels", "GET", channels],
    ["getChannel", "GET", `${channels}/${event?.payload.id}`],
    ["sendMessage", "POST", `${channels}/${event?.payload.id}/messages`],
    ["createSubscription", "POST", subscriptions],
    ["listSubscriptions", "GET", subscriptions],
    ["getSubscription", "GET", `${subscriptions}/${subscription?.id}`],
    ["deleteSubscription", "DELETE", `${subscriptions}/${subscription?.id}`],
    ["deleteConnector", "DELETE", `${path}/${body.id}`],
  ] as const;
  const given = (method: string) => (method === "POST" ? { body: createBody(1) } : {});

  for (const [operation, method, url] of calls) {
    sandbox.setFaults([{ operation, fault: { kind: "status", status: 403 } }]);
    for (let call = 0; call < 2; call += 1) {
      const status = call === 0 || operation !== "create" ? 403 : 201;
      assert.equal((await sandbox.call(method, url, given(method))).status, status, operation);
    }
  }
  sandbox.setFaults([{ operation: "deleteConnector", fault: { kind: "answer_lost" } }]);
  await assert.rejects(sandbox.call("DELETE", `${path}/${body.id}`));
  assert.equal((await sandbox.call("GET", `${path}/${body.id}`)).status, 404);
});

test("faults about a number strike reads and deletes of its connector and channel", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  const created = [await sandbox.create(1), await sandbox.create(2)];
  const events = await receiver.received(2);
  const fault = { kind: "status", status: 500 } as const;
  const phoneId = phoneIdOf(2);
  const operations = ["getConnector", "connectorStatus", "getChannel", "deleteConnector"] as const;
  sandbox.setFaults(operations.map((operation) => ({ operation, phoneId, fault })));
  for (const [index, { body }] of created.entries()) {
    const channelId = events.find(({ payload }) => payload.connectorId === body.id)?.payload.id;
    const statuses = [
      await sandbox.call("GET", `${path}/${body.id}`),
      await sandbox.call("GET", `${path}/${body.id}/status`),
      await sandbox.call("GET", `/workspaces/${workspaceId}/channels/${channelId}`),
      await sandbox.call("DELETE", `${path}/${body.id}`),
    ].map(({ status }) => status);
    assert.deepEqual(statuses, index === 0 ? [200, 200, 200, 204] : [500, 500, 500, 500]);
  }
});
