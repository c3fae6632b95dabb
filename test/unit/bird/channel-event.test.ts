import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import fc from "fast-check";
import { type ChannelEvent, readChannelEvent } from "../../../src/bird/channel-event.ts";

const connectorId = "9b2d7a60-1c1e-4c7e-8f0b-2f7d3b1c5e22";
const channelId = "5f0c1f4e-6b3a-4a53-9d4e-0a6f2f5f9c11";

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/webhook.${name}.json`, import.meta.url), "utf8"));
/** The event in a body that is one. */
const eventIn = (body: unknown): ChannelEvent | undefined => {
  const read = readChannelEvent(body);
  assert.ok(read === undefined || !("unreadable" in read), JSON.stringify(read));
  return read;
};
const bodyWith = (payload: Record<string, unknown>) => ({
  service: "channels",
  event: "channel.created",
  payload,
});
const withPayload = (payload: Record<string, unknown>) => eventIn(bodyWith(payload));

test("the documented example is read whole", () => {
  assert.deepEqual(readChannelEvent(fixture("channel-created")), {
    event: "channel.created",
    connectorId,
    channelId,
    channelStatus: "active",
    workspaceId: undefined,
    identifier: "+14155550123",
  });
  assert.equal(eventIn(fixture("channel-created.not-ready"))?.channelStatus, "pending");
  assert.equal(eventIn(fixture("channel-updated"))?.event, "channel.updated");
});

test("the smallest payload gives the channel and no connector", () => {
  const event = eventIn(fixture("channel-created.minimal"));
  assert.equal(event?.connectorId, undefined);
  assert.equal(event?.channelId, channelId);
});

for (const payload of [
  { connectorId },
  { connector: { id: connectorId } },
  { channel: { connectorId } },
  { connector: connectorId },
]) {
  test(`the connector id is found in ${JSON.stringify(payload)}`, () => {
    assert.equal(withPayload(payload)?.connectorId, connectorId);
  });
}

for (const payload of [
  { channelId },
  { channel: { id: channelId } },
  { channel: { channelId } },
  { id: channelId },
]) {
  test(`the channel id is found in ${JSON.stringify(payload)}`, () => {
    assert.equal(withPayload(payload)?.channelId, channelId);
  });
}

test("the more specific place wins", () => {
  assert.equal(withPayload({ id: "other", channelId })?.channelId, channelId);
  assert.equal(withPayload({ connector: "not-a-uuid" })?.connectorId, undefined);
  assert.equal(withPayload({ connectorId: "", channel: { connectorId } })?.connectorId, connectorId);
});

test("other services, events and shapes are not a channel event", () => {
  for (const body of [
    undefined,
    null,
    [],
    "text",
    {},
    { service: "numbers", event: "channel.created", payload: {} },
    { service: "channels", event: "whatsapp.inbound", payload: {} },
    { service: "channels", event: "channel.created" },
  ]) {
    assert.equal(readChannelEvent(body), undefined);
  }
});

test("no JSON makes the reader throw", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (payload) => {
      readChannelEvent(payload);
      readChannelEvent({ service: "channels", event: "channel.created", payload });
    }),
  );
});

for (const id of ["..", ".", "a/b", "a b", "a%2fb", "x".repeat(65), "ä", "__proto__", "{perch}", "a\n"]) {
  for (const member of ["connectorId", "channelId", "workspaceId", "id"]) {
    test(`an event whose ${member} is ${JSON.stringify(id)} is unreadable, and says which member`, () => {
      const read = readChannelEvent(bodyWith({ [member]: id }));
      assert.ok(read !== undefined && "unreadable" in read);
      assert.match(read.unreadable, new RegExp(`^${member === "id" ? "channelId" : member} is not 1 to 64 `));
    });
  }
}
