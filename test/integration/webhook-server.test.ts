import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { signWebhook, workspaceSigningKey } from "../../src/bird/signature.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, signingKey, signingSecret, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

interface Delivery {
  readonly path?: string;
  readonly body?: string;
  readonly key?: string;
  readonly timestamp?: number;
  readonly headers?: Record<string, string | undefined>;
}

const event = (payload: Record<string, unknown>, name = "channel.created"): string =>
  JSON.stringify({ service: "channels", event: name, payload });

/** Sends a webhook as Bird would; `headers` replace or (undefined) take away. */
const deliver = async (
  { webhook }: Stack,
  delivery: Delivery,
): Promise<{ status: number; body: unknown; headers: Headers }> => {
  const { path = "/webhooks/bird", body = "{}", key = signingKey } = delivery;
  const url = webhook.url + path;
  const timestamp = String(delivery.timestamp ?? Math.floor(Date.now() / 1000));
  const headers = new Headers();
  for (const [name, value] of Object.entries({
    "content-type": "application/json",
    "messagebird-request-id": randomUUID(),
    "messagebird-request-timestamp": timestamp,
    "messagebird-signature": signWebhook({ timestamp, url, body: Buffer.from(body) }, key),
    ...delivery.headers,
  })) {
    if (value !== undefined) headers.set(name, value);
  }
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, body: await response.json(), headers: response.headers };
};

const ids = () => ({ connectorId: randomUUID(), id: randomUUID() });

test("a signed event is stored before it is answered, and once", async () => {
  await withStack({}, async (stack) => {
    const { connectorId, id } = ids();
    const body = event({ connectorId, id, status: "active", identifier: "+1 415 555 0123" });
    for (const _ of [1, 2]) {
      const answer = await deliver(stack, { body });
      assert.deepEqual([answer.status, answer.body], [200, { received: true }]);
    }
    const stored = await stack.client.hgetall(stack.keys.home().unmatchedEvent("", connectorId));
    assert.equal(stored.channel, id);
    assert.equal(stored.usable, "1");
    assert.deepEqual(JSON.parse(stored.origin ?? ""), { identifier: "+1 415 555 0123" });
    assert.deepEqual(await stack.client.zrange(stack.keys.unmatched, "0", "-1"), [`:${connectorId}`]);
  });
});

test("another channel for the same connector is kept beside the first, which stands", async () => {
  await withStack({}, async (stack) => {
    const { connectorId, id } = ids();
    await deliver(stack, { body: event({ connectorId, id }) });
    const other = await deliver(stack, { body: event({ connectorId, id: "other" }) });
    assert.equal(other.status, 200);
    const stored = await stack.client.hgetall(stack.keys.home().unmatchedEvent("", connectorId));
    assert.deepEqual([stored.channel, stored.otherChannel], [id, "other"]);
  });
});

test("a usable status is not taken back by an event that comes out of order", async () => {
  await withStack({}, async (stack) => {
    const { connectorId, id } = ids();
    await deliver(stack, { body: event({ connectorId, id, status: "active" }, "channel.updated") });
    await deliver(stack, { body: event({ connectorId, id, status: "pending" }) });
    assert.equal(
      await stack.client.hget(stack.keys.home().unmatchedEvent("", connectorId), "status"),
      "active",
    );
  });
});

test("other events and events without ids are acknowledged and kept", async () => {
  await withStack({}, async (stack) => {
    for (const body of [event({}, "whatsapp.inbound"), event({}), "not json", "[]"]) {
      assert.equal((await deliver(stack, { body })).status, 200, body);
    }
    assert.equal(await stack.client.xlen(stack.keys.unreadable), 4);
  });
});

test("a workspace's own path takes the derived key, and no other workspace's", async () => {
  await withStack({}, async (stack) => {
    const path = `/webhooks/bird/${workspaceId}`;
    const body = event(ids());
    const own = workspaceSigningKey(signingSecret, workspaceId);
    const foreign = workspaceSigningKey(signingSecret, randomUUID());
    assert.equal((await deliver(stack, { path, body, key: own })).status, 200);
    assert.equal(
      (
        await deliver(stack, {
          path: path.toUpperCase().replace("/WEBHOOKS/BIRD", "/webhooks/bird"),
          body,
          key: own,
        })
      ).status,
      200,
    );
    assert.equal((await deliver(stack, { path, body, key: foreign })).status, 401);
    assert.equal((await deliver(stack, { body, key: own })).status, 401);
  });
});

test("the query is part of what is signed", async () => {
  await withStack({}, async (stack) => {
    const path = "/webhooks/bird?tenant=42";
    assert.equal((await deliver(stack, { path, body: event(ids()) })).status, 200);
    const signature = signWebhook(
      { timestamp: "1", url: stack.webhook.url, body: Buffer.from("{}") },
      signingKey,
    );
    assert.equal(
      (await deliver(stack, { path, headers: { "messagebird-signature": signature } })).status,
      401,
    );
  });
});

const day = 86_400;
const refusals: readonly (Delivery & {
  readonly name: string;
  readonly status: number;
  readonly code: string;
})[] = [
  { name: "a wrong key", key: "wrong", status: 401, code: "bad_signature" },
  {
    name: "no signature",
    headers: { "messagebird-signature": undefined },
    status: 401,
    code: "no_signature",
  },
  {
    name: "a signature that is no Base64",
    headers: { "messagebird-signature": "%%%" },
    status: 401,
    code: "bad_signature",
  },
  {
    name: "no timestamp",
    headers: { "messagebird-request-timestamp": undefined },
    status: 401,
    code: "no_signature",
  },
  {
    name: "a changed timestamp",
    headers: { "messagebird-request-timestamp": "1732272600" },
    status: 401,
    code: "bad_signature",
  },
  {
    name: "a timestamp older than a day",
    timestamp: Math.floor(Date.now() / 1000) - day - 60,
    status: 401,
    code: "too_old",
  },
  {
    name: "a timestamp from the future",
    timestamp: Math.floor(Date.now() / 1000) + 3600,
    status: 401,
    code: "too_old",
  },
  {
    name: "another content type",
    headers: { "content-type": "text/plain" },
    status: 415,
    code: "unsupported_media_type",
  },
  { name: "a body over 256 KiB", body: `"${"x".repeat(256 * 1024)}"`, status: 413, code: "too_large" },
  { name: "an unknown path", path: "/webhooks/other", status: 404, code: "not_found" },
];

for (const { name, status, code, ...delivery } of refusals) {
  test(`${name} is refused with ${status} as a problem`, async () => {
    await withStack({}, async (stack) => {
      const answer = await deliver(stack, { body: event(ids()), ...delivery });
      assert.equal(answer.status, status);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
      assert.partialDeepStrictEqual(answer.body, { status, code });
      assert.equal(await stack.client.zcard(stack.keys.unmatched), 0);
    });
  });
}

test("an old repeat with the first timestamp is still taken", async () => {
  await withStack({}, async (stack) => {
    const timestamp = Math.floor(Date.now() / 1000) - 8 * 3600;
    assert.equal((await deliver(stack, { body: event(ids()), timestamp })).status, 200);
  });
});

test("without a signing key every event is refused", async () => {
  await withStack({ webhook: { signingKeys: [], signingSecret: undefined } }, async (stack) => {
    const answer = await deliver(stack, { body: event(ids()) });
    assert.partialDeepStrictEqual(answer.body, { status: 401, code: "no_key" });
  });
});

test("an event of an unknown connector stays visible as unmatched", async () => {
  const faults = [{ fault: { kind: "event_unknown_connector" } } as const];
  await withStack({ sandbox: { faults } }, async ({ producer, client, keys, sandbox }) => {
    const { install } = await producer.enqueue(installRequest());
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.status, "completed");
    const created = sandbox.report().connectors.map(({ id }) => id);
    await until("the stranger is unmatched", async () => {
      const lists = keys.shards.map((shard) => client.zrange(shard.unmatched, "0", "-1"));
      const unmatched = (await Promise.all(lists)).flat();
      return unmatched.length === 1 && !created.includes(unmatched[0] ?? "");
    });
  });
});
