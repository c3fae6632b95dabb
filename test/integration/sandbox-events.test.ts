import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import {
  acknowledge,
  birdUuid,
  openReceiver,
  openSandbox,
  phoneNumberOf,
  type Reply,
  signingKey,
  subscribed,
  workspaceId,
} from "./sandbox-fixture.ts";

const refuseFirst =
  (count: number, status = 500): Reply =>
  (index, response) =>
    index < count ? response.writeHead(status).end() : acknowledge(index, response);

/** Waits until the sandbox has no event to deliver any more. */
const settled = async (sandbox: Awaited<ReturnType<typeof openSandbox>>) => {
  while (sandbox.report().events.pending > 0) await sandbox.call("GET", "/sandbox/report");
  return sandbox.report().events;
};

test("channel.created is signed, names connector and channel, and is counted", async (t) => {
  const receiver = await openReceiver(t);
  const now = () => 1_741_082_407_300;
  const sandbox = await openSandbox(t, { ...subscribed(receiver), now });
  const { body } = await sandbox.create(1);
  const [event] = await receiver.received(1);
  assert.equal(event?.event, "channel.created");
  assert.equal(event?.isSigned, true);
  assert.equal(event?.timestamp, "1741082407");
  assert.match(event?.requestId ?? "", birdUuid);
  assert.equal(event?.payload.connectorId, body.id);
  assert.deepEqual(await settled(sandbox), {
    sent: 1,
    acknowledged: 1,
    refused: 0,
    pending: 0,
    abandoned: 0,
  });
  const [connector] = sandbox.report().connectors;
  assert.deepEqual([connector?.channelId, connector?.channelStatus], [event?.payload.id, "active"]);
});

test("the channel is made, and its event sent, channelDelayMs after its connector", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, { ...subscribed(receiver), channelDelayMs: 60 });
  const startMs = performance.now();
  await sandbox.create();
  const [event] = await receiver.received(1);
  assert.ok((event?.atMs ?? 0) - startMs >= 59);
  const [connector] = sandbox.report().connectors;
  assert.notEqual(connector?.channelId, undefined);
});

test("every repeat of an event carries its first timestamp, request id and signature", async (t) => {
  const receiver = await openReceiver(t, refuseFirst(2));
  let nowMs = 1_000_000;
  const now = () => {
    nowMs += 10_000;
    return nowMs;
  };
  const sandbox = await openSandbox(t, { ...subscribed(receiver), now, eventRepeatMs: [1, 1, 1] });
  await sandbox.create();
  const events = await receiver.received(3);
  for (const member of ["timestamp", "requestId", "signature"] as const) {
    assert.equal(new Set(events.map((event) => event[member])).size, 1, member);
  }
  assert.ok(events.every(({ isSigned }) => isSigned));
  assert.deepEqual(await settled(sandbox), {
    sent: 3,
    acknowledged: 1,
    refused: 2,
    pending: 0,
    abandoned: 0,
  });
});

test("two events have different request ids", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  await sandbox.create(1);
  await sandbox.create(2);
  const [first, second] = await receiver.received(2);
  assert.notEqual(first?.requestId, second?.requestId);
});

test("repeats follow the given gaps and end after the last", async (t) => {
  const receiver = await openReceiver(t, refuseFirst(99, 401));
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const sandbox = await openSandbox(t, { ...subscribed(receiver), log, eventRepeatMs: [20, 60] });
  await sandbox.create();
  const [first, second, third] = await receiver.received(3);
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 19);
  assert.ok((third?.atMs ?? 0) - (second?.atMs ?? 0) >= 59);
  assert.deepEqual(await settled(sandbox), {
    sent: 3,
    acknowledged: 0,
    refused: 3,
    pending: 0,
    abandoned: 1,
  });
  const ends = lines.map((line) => line.split("was not acknowledged ")[1]);
  const why = "(status 401); ";
  assert.deepEqual(ends, [`${why}next try in 20 ms`, `${why}next try in 60 ms`, `${why}no more tries`]);
  assert.ok(lines.every((line) => !line.includes(signingKey)));
});

test("a redirect acknowledges nothing, any 2xx does", async (t) => {
  const receiver = await openReceiver(t, (index, response) => {
    response.writeHead(index === 0 ? 302 : 299, { location: "/" }).end("thanks");
  });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), eventRepeatMs: [1] });
  await sandbox.create();
  await receiver.received(2);
  assert.deepEqual(await settled(sandbox), {
    sent: 2,
    acknowledged: 1,
    refused: 1,
    pending: 0,
    abandoned: 0,
  });
});

test("a receiver that does not answer in time is tried again", async (t) => {
  const receiver = await openReceiver(t, (index, response) => {
    if (index > 0) acknowledge(index, response);
  });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), eventTimeoutMs: 50, eventRepeatMs: [1] });
  await sandbox.create();
  await receiver.received(2);
  assert.deepEqual(await settled(sandbox), {
    sent: 2,
    acknowledged: 1,
    refused: 1,
    pending: 0,
    abandoned: 0,
  });
});

test("a receiver that is not there is tried again", async (t) => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const address = closed.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/a`;
  closed.close();
  await once(closed, "close");
  const sandbox = await openSandbox(t, {
    subscribeAll: { url, signingKey: () => signingKey },
    eventRepeatMs: [1],
  });
  const { body } = await sandbox.create();
  while (sandbox.report().events.abandoned === 0) await sandbox.call("GET", "/sandbox/report");
  assert.equal(sandbox.report().events.refused, 2);
  assert.equal((await sandbox.call("GET", `/workspaces/${workspaceId}/connectors/${body.id}`)).status, 200);
});

test("no more tries than allowed are in flight, and the rest waits its turn", async (t) => {
  const held: (() => void)[] = [];
  const receiver = await openReceiver(t, (index, response) => {
    held.push(() => acknowledge(index, response));
  });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), eventsInFlightMax: 2 });
  for (let number = 0; number < 5; number += 1) await sandbox.create(number);
  await receiver.received(2);
  assert.deepEqual(sandbox.report().events, {
    sent: 2,
    acknowledged: 0,
    refused: 0,
    pending: 5,
    abandoned: 0,
  });
  for (const count of [3, 4, 5]) {
    held.shift()?.();
    await receiver.received(count);
    assert.equal(sandbox.report().events.sent, count);
  }
  for (const release of held) release();
  assert.equal((await settled(sandbox)).acknowledged, 5);
});

test("thousands of events all arrive once", async (t) => {
  const receiver = await openReceiver(t);
  const sandbox = await openSandbox(t, subscribed(receiver));
  const numbers = Array.from({ length: 2500 }, (_, number) => number);
  await Promise.all(numbers.map((number) => sandbox.create(number)));
  const events = await receiver.received(2500);
  assert.equal(new Set(events.map(({ payload }) => payload.connectorId)).size, 2500);
  assert.equal((await settled(sandbox)).sent, 2500);
});

test("events not delivered yet are forgotten with the report", async (t) => {
  const receiver = await openReceiver(t, refuseFirst(1));
  const sandbox = await openSandbox(t, { ...subscribed(receiver), eventRepeatMs: [150] });
  await sandbox.create(1);
  while (sandbox.report().events.refused === 0)
    await receiver.received(1).then(() => sandbox.call("GET", "/"));
  sandbox.reset();
  assert.equal(sandbox.report().events.pending, 0);
  await sandbox.create(2);
  const later = await openSandbox(t, { ...subscribed(receiver), channelDelayMs: 250 });
  await later.create(3);
  const events = await receiver.received(3);
  assert.deepEqual(
    events.map(({ payload }) => payload.identifier),
    [phoneNumberOf(1), phoneNumberOf(2), phoneNumberOf(3)],
  );
});

test("an event in flight when the report is deleted is not counted and not repeated", async (t) => {
  const held: (() => void)[] = [];
  const receiver = await openReceiver(t, (index, response) => {
    if (index === 0) held.push(() => response.writeHead(500).end());
    else acknowledge(index, response);
  });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), eventRepeatMs: [1, 1] });
  await sandbox.create(1);
  await receiver.received(1);
  sandbox.reset();
  held[0]?.();
  const later = await openSandbox(t, { ...subscribed(receiver), channelDelayMs: 100 });
  await later.create(2);
  assert.equal((await receiver.received(2))[1]?.payload.identifier, phoneNumberOf(2));
  const none = { sent: 0, acknowledged: 0, refused: 0, pending: 0, abandoned: 0 };
  assert.deepEqual(sandbox.report().events, none);
});

test("closing ends a delivery that is not answered yet", async (t) => {
  const ended: Promise<unknown>[] = [];
  const receiver = await openReceiver(t, (_index, response) => {
    ended.push(once(response, "close"));
  });
  const sandbox = await openSandbox(t, { ...subscribed(receiver), eventTimeoutMs: 60_000 });
  await sandbox.create(1);
  await receiver.received(1);
  await sandbox.close();
  await Promise.all(ended);
});

test("closing calls off channels and repeats", async (t) => {
  const receiver = await openReceiver(t, refuseFirst(1));
  const first = await openSandbox(t, { ...subscribed(receiver), eventRepeatMs: [150] });
  await first.create(1);
  await receiver.received(1);
  await first.close();
  let clockReads = 0;
  const now = () => {
    clockReads += 1;
    return 0;
  };
  const second = await openSandbox(t, { ...subscribed(receiver), channelDelayMs: 150, now });
  await second.create(2);
  await second.close();
  const clockReadsBefore = clockReads;
  const third = await openSandbox(t, { ...subscribed(receiver), channelDelayMs: 250 });
  await third.create(3);
  const events = await receiver.received(2);
  assert.deepEqual(
    events.map(({ payload }) => payload.identifier),
    [phoneNumberOf(1), phoneNumberOf(3)],
  );
  assert.equal(clockReads, clockReadsBefore);
});
