import assert from "node:assert/strict";
import test from "node:test";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";

test("an install goes from the queue to Bird to the webhook to completed", async () => {
  await withStack({}, async ({ producer, sandbox }) => {
    const { install, created } = await producer.enqueue(installRequest());
    assert.equal(created, true);
    assert.equal(install.status, "queued");
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    const [connector] = sandbox.report().connectors;
    assert.equal(ended.status, "completed");
    assert.equal(ended.completedBy, "webhook");
    assert.equal(ended.connectorId, connector?.id);
    assert.equal(ended.channelId, connector?.channelId);
    assert.equal(ended.channelStatus, "active");
    assert.equal(ended.attempts, 1);
    const timeline = await producer.installs.timeline(install.id);
    assert.deepEqual(
      timeline.map(({ what }) => what),
      ["queued", "connector created", "event from Bird matched", "completed"],
    );
  });
});

test("the timeline ends with the end, though the worker's clock was behind Redis's", () =>
  withStack({}, async ({ producer, client, keys }) => {
    const { install } = await producer.enqueue(installRequest(1));
    await producer.waitFor(install.id, { timeoutMs: 10_000 });
    await client.hincrby(keys.ofInstall(install.id).job(install.id), "finishedOn", -2000);
    const whats = (await producer.installs.timeline(install.id)).map(({ what }) => what);
    assert.deepEqual(whats.slice(-2), ["event from Bird matched", "completed"]);
  }));

test("the timeline says that Perch asked Bird where no event completed the install", () =>
  withStack(
    { worker: { firstPollMs: 50 }, sandbox: { faults: [{ fault: { kind: "event_never" } }] } },
    async ({ producer }) => {
      const { install } = await producer.enqueue(installRequest());
      const ended = await producer.waitFor(install.id, { timeoutMs: 20_000 });
      assert.equal(ended.completedBy, "poll");
      const whats = (await producer.installs.timeline(install.id)).map(({ what }) => what);
      assert.deepEqual(whats.slice(-2), ["asked Bird for the channel, which is usable", "completed"]);
    },
  ));
