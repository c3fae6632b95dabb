import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { signWebhook } from "../../src/bird/signature.ts";
import { signingKey, withStack } from "../support/stack.ts";

const headerText = fc.string({ unit: fc.constantFrom(..."abcXYZ019+/=-_. ,;\"'"), maxLength: 60 });
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map((text) => Buffer.from(text)),
);

/** Payloads near the real thing, with every member missing, strange or right. */
const payload = fc.record(
  {
    id: fc.oneof(fc.uuid(), fc.jsonValue()),
    connectorId: fc.oneof(fc.uuid(), fc.jsonValue()),
    status: fc.oneof(fc.constantFrom("active", "pending"), fc.jsonValue()),
    channel: fc.jsonValue(),
    connector: fc.oneof(fc.uuid(), fc.jsonValue()),
    workspaceId: fc.oneof(fc.uuid(), fc.jsonValue()),
    identifier: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test("no unsigned request gets anything but a refusal", async () => {
  await withStack({}, async ({ webhook }) => {
    await fc.assert(
      fc.asyncProperty(
        body,
        headerText,
        headerText,
        headerText,
        async (bytes, signature, timestamp, type) => {
          const response = await fetch(`${webhook.url}/webhooks/bird`, {
            method: "POST",
            headers: {
              "content-type": type.trim() === "" ? "application/json" : type,
              "messagebird-signature": signature,
              "messagebird-request-timestamp": timestamp,
            },
            body: Buffer.from(bytes),
          });
          await response.arrayBuffer();
          assert.ok([400, 401, 413, 415].includes(response.status), String(response.status));
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("no signed body, however strange, gets anything but a 200", async () => {
  await withStack({}, async ({ webhook }) => {
    const event = payload.map((members) =>
      Buffer.from(JSON.stringify({ service: "channels", event: "channel.created", payload: members })),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(event, body), async (bytes) => {
        const url = `${webhook.url}/webhooks/bird`;
        const timestamp = String(Math.floor(Date.now() / 1000));
        const response = await fetch(url, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "messagebird-request-timestamp": timestamp,
            "messagebird-signature": signWebhook({ timestamp, url, body: bytes }, signingKey),
          },
          body: Buffer.from(bytes),
        });
        assert.deepEqual([response.status, await response.json()], [200, { received: true }]);
      }),
      { numRuns: 500 },
    );
  });
});
