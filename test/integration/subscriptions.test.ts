import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import test, { type TestContext } from "node:test";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import { createSubscriptions } from "../../src/bird/subscriptions.ts";
import { openSandbox, signingKey, workspaceId } from "./sandbox-fixture.ts";

const body = {
  service: "channels",
  event: "channel.created",
  url: "https://hooks.example.com/webhooks/bird",
  signingKey,
  eventFilters: [{ key: "platformId", value: "whatsapp" }],
} as const;

const subscriptionsAt = (
  t: TestContext,
  at: { readonly url: string; readonly accessKey: string; readonly organizationId: string },
) => {
  const client = createBirdClient({ baseUrl: at.url, accessKey: at.accessKey, requestTimeoutMs: 2000 });
  t.after(() => client.close());
  return createSubscriptions({ client, organizationId: at.organizationId });
};

test("a subscription is made, listed and deleted, and deleting it again does no harm", async (t) => {
  const subscriptions = subscriptionsAt(t, await openSandbox(t));
  assert.deepEqual(await subscriptions.list(workspaceId), { kind: "found", value: [] });
  assert.deepEqual(await subscriptions.create(workspaceId, body), { kind: "created" });
  const listed = await subscriptions.list(workspaceId);
  const [made] = listed.kind === "found" ? listed.value : [];
  const { signingKey: _, ...shown } = body;
  assert.deepEqual(made, { id: made?.id, ...shown });
  assert.deepEqual(await subscriptions.delete(workspaceId, made?.id ?? ""), { kind: "gone" });
  assert.deepEqual(await subscriptions.delete(workspaceId, made?.id ?? ""), { kind: "gone" });
  assert.deepEqual(await subscriptions.list(workspaceId), { kind: "found", value: [] });
});

test("refusals of Bird are distinguished by status", async (t) => {
  const sandbox = await openSandbox(t);
  const subscriptions = subscriptionsAt(t, sandbox);
  const url = "http://hooks.example.com";
  assert.partialDeepStrictEqual(await subscriptions.create(workspaceId, { ...body, url }), {
    kind: "rejected",
    birdStatus: 422,
    birdCode: "InvalidPayload",
    birdMessage: "invalid data provided",
    birdDetails: ["url"],
  });
  assert.partialDeepStrictEqual(await subscriptions.create("ws-1", body), {
    kind: "not_found",
    birdStatus: 404,
  });
  sandbox.setFaults([
    { operation: "deleteSubscription", fault: { kind: "status", status: 403 } },
    { operation: "listSubscriptions", fault: { kind: "status", status: 403 } },
    { operation: "createSubscription", fault: { kind: "status", status: 429, retryAfterSeconds: 7 } },
  ]);
  const forbidden = { kind: "denied", code: "forbidden", birdStatus: 403 };
  assert.partialDeepStrictEqual(await subscriptions.delete(workspaceId, "any"), forbidden);
  assert.partialDeepStrictEqual(await subscriptions.list(workspaceId), { kind: "forbidden" });
  const limited = { kind: "rate_limited", birdStatus: 429, retryAfterMs: 7000 };
  assert.partialDeepStrictEqual(await subscriptions.create(workspaceId, body), limited);
});

test("a list that does not end is given up", async (t) => {
  const server = createServer((_incoming, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ results: [], nextPageToken: "more" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const at = { url: `http://127.0.0.1:${port}`, accessKey: "key", organizationId: "o" };
  assert.deepEqual(await subscriptionsAt(t, at).list(workspaceId), {
    kind: "unavailable",
    reason: "the list of subscriptions does not end",
  });
});
