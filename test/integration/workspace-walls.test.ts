import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import type { Install } from "../../src/install/install.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createUnmatchedEvents } from "../../src/queue/matching/unmatched.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { sendEvent } from "../support/signed-event.ts";
import { type Stack, signingKey, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const stranger = "11111111-1111-4111-8111-111111111111";
const late = { faults: [{ times: "always", fault: { kind: "event_late", delayMs: 900 } }] } as const;

const ended = (stack: Stack, id: string): Promise<Install> =>
  stack.producer.waitFor(id, { timeoutMs: 20_000 });

const awaiting = async (stack: Stack): Promise<Install> => {
  const { install } = await stack.producer.enqueue(installRequest(0));
  return until("it awaits its channel", async () => {
    const found = await stack.producer.installs.find(install.id);
    return found?.status === "awaiting_channel" && found;
  });
};

const channelAtBird = ({ sandbox }: Stack): string | undefined => sandbox.report().connectors[0]?.channelId;

const kept = async (stack: Stack) => {
  const { items } = await createUnmatchedEvents(stack).list({ limit: 10 });
  return items.map(({ workspaceId: of, conflict, namedWorkspaceId: named }) => ({ of, conflict, named }));
};

for (const shards of [1, 3]) {
  const across = `with ${shards} shard${shards === 1 ? "" : "s"}`;

  test(`bug: an event signed for one workspace completes another's install, ${across}`, () =>
    withStack({ shards, sandbox: late }, async (stack) => {
      const { id, connectorId } = await awaiting(stack);
      const payload = { id: randomUUID(), connectorId, status: "active" };
      const signed = { address: stranger };
      assert.equal(await sendEvent(stack, { ...signed, payload }), 200);
      assert.equal(await sendEvent(stack, { ...signed, payload: { ...payload, workspaceId } }), 200);
      assert.equal(
        await sendEvent(stack, {
          ...signed,
          payload: { ...payload, connectorId: connectorId?.toUpperCase(), workspaceId },
        }),
        200,
      );
      const install = await ended(stack, id);
      assert.equal(install.status, "completed");
      assert.equal(install.channelId, channelAtBird(stack), "the true event is no conflict");
      const events = await kept(stack);
      assert.ok(events.every(({ of }) => of === stranger));
      assert.ok(
        events.some(({ conflict, named }) => conflict === "named_workspace" && named === workspaceId),
      );
    }));

  test(`a status that is not ready, planted by another workspace, leaves the true event its place, ${across}`, () =>
    withStack({ shards, sandbox: late }, async (stack) => {
      const { id, connectorId } = await awaiting(stack);
      const payload = { id: randomUUID(), connectorId, status: "pending" };
      assert.equal(await sendEvent(stack, { address: stranger, payload }), 200);
      const install = await ended(stack, id);
      assert.equal(install.status, "completed");
      assert.equal(install.channelId, channelAtBird(stack), "the true event is no conflict");
      assert.deepEqual(
        (await kept(stack)).map(({ of }) => of),
        [stranger],
      );
    }));

  test(`bug: an event planted for another workspace is adopted by its suspect install, ${across}`, () =>
    withStack({ shards, sandbox: { faults: [{ times: 1, fault: { kind: "reset" } }] } }, async (stack) => {
      const { phoneNumber } = installRequest(0);
      const connectorId = randomUUID();
      const payload = {
        id: randomUUID(),
        connectorId,
        workspaceId,
        identifier: phoneNumber,
        status: "active",
      };
      assert.equal(await sendEvent(stack, { address: stranger, payload }), 200);
      assert.equal(await sendEvent(stack, { payload, key: signingKey }), 200, "the plain address too");
      const { install } = await stack.producer.enqueue(installRequest(0));
      const completed = await ended(stack, install.id);
      assert.notEqual(completed.connectorId, connectorId);
      assert.equal(completed.channelId, channelAtBird(stack));
      assert.equal(stack.sandbox.report().connectors.length, 1);
    }));
}

test("an event at its own workspace's address matches whatever the case of its ids", () =>
  withStack(
    {
      sandbox: { faults: [{ times: "always", fault: { kind: "event_never" } }] },
      worker: { firstPollMs: 60_000 },
    },
    async (stack) => {
      const { id, connectorId } = await awaiting(stack);
      const channelId = randomUUID();
      const payload = {
        id: channelId,
        connectorId: connectorId?.toUpperCase(),
        workspaceId: workspaceId.toUpperCase(),
        status: "active",
      };
      assert.equal(await sendEvent(stack, { address: workspaceId, payload }), 200);
      const install = await ended(stack, id);
      assert.deepEqual([install.status, install.channelId], ["completed", channelId]);
    },
  ));

test("bug: a connector id like .. becomes another path at Bird", () =>
  withStack({ sandbox: { faults: [{ times: 1, fault: { kind: "reset" } }] } }, async (stack) => {
    const { phoneNumber } = installRequest(0);
    for (const id of ["..", ".", "%2e%2e", "a/b", "x".repeat(65)]) {
      const payload = { connectorId: id, channelId: id, identifier: phoneNumber, status: "active" };
      assert.equal(await sendEvent(stack, { address: workspaceId, payload }), 200);
    }
    assert.deepEqual(await kept(stack), []);
    const entries = await stack.client.xrange(stack.keys.home().unreadable, "-", "+");
    assert.equal(entries.length, 5);
    assert.ok(
      entries.every(([, fields]) =>
        fields.includes("connectorId is not 1 to 64 letters, digits and hyphens"),
      ),
    );
    const { install } = await stack.producer.enqueue(installRequest(0));
    const completed = await ended(stack, install.id);
    assert.equal(completed.connectorId, stack.sandbox.report().connectors[0]?.id);
  }));

test("an event with a channel alone that names another workspace asks Bird nothing, and is kept as a conflict", () =>
  withStack({}, async (stack) => {
    const payload = { channelId: randomUUID(), workspaceId, status: "active" };
    assert.equal(await sendEvent(stack, { address: stranger, payload }), 200);
    const entries = await stack.client.xrange(stack.keys.home().unreadable, "-", "+");
    assert.deepEqual(
      entries.map(([, fields]) => fields.at(-1)),
      [`It names workspace ${workspaceId}.`],
    );
    assert.equal(stack.sandbox.report().requests.getChannel, undefined);
  }));

test("strangers' events of one workspace push out its own oldest, never another workspace's", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const queues = createInstallsQueues(stack);
    const matching = createMatching({ ...stack, queues, retentionMs: 60_000 });
    const event = { channelId: randomUUID(), status: "active", isUsable: true };
    await matching.arrive({ ...event, connectorId: "the-victims", workspaceId });
    for (let n = 0; n < 10_050; n += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          matching.arrive({ ...event, connectorId: `junk-${n + at}`, workspaceId: stranger }),
        ),
      );
    const of = async (id: string) =>
      Math.max(
        ...(await Promise.all(stack.keys.shards.map((each) => stack.client.zcard(each.unmatchedOf(id))))),
      );
    assert.equal(await of(stranger), 10_000);
    assert.equal(await of(workspaceId), 1);
    const events = stack.keys.shards.map((shard) => shard.unmatchedEvent(stranger, "junk-0"));
    assert.deepEqual(
      await Promise.all(events.map((key) => stack.client.exists(key))),
      events.map(() => 0),
    );
    await queues.close();
  }));
