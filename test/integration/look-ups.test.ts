import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import type { Install } from "../../src/install/install.ts";
import { createChoresQueue } from "../../src/queue/maintenance/chores.ts";
import { createUnreadableEvents } from "../../src/queue/matching/unreadable.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { sendEvent } from "../support/signed-event.ts";
import { quickSettings, type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const { retentionMs } = quickSettings;

const always = (fault: FaultRule["fault"], rule: Partial<FaultRule> = {}): FaultRule => ({
  times: "always",
  ...rule,
  fault,
});
const toLookUps = (fault: FaultRule["fault"]) => always(fault, { operation: "getChannel" });

const inStatus = ({ producer }: Stack, id: string, status: Install["status"]) =>
  until(`the install is ${status}`, async () => {
    const install = await producer.installs.find(id);
    return install?.status === status && install;
  });

const listUnreadable = async ({ client, keys }: Stack) =>
  (await createUnreadableEvents({ client, keys, retentionMs }).list({ limit: 100 })).items;

const lookUpsSent = ({ sandbox }: Stack): number =>
  Object.values(sandbox.report().requests.getChannel ?? {}).reduce((sum, count) => sum + count, 0);

/** An event that names its channel only. */
const channelOnly = (stack: Stack, id: string = randomUUID(), status = "active") =>
  sendEvent(stack, { address: workspaceId, payload: { id, status } });

test("an event that names its channel only is kept with the reason where the key may not view channels", () =>
  withStack(
    { sandbox: { faults: [always({ kind: "event_minimal" }), toLookUps({ kind: "status", status: 403 })] } },
    async (stack) => {
      const { install } = await stack.producer.enqueue(installRequest());
      const kept = await until("the event is kept", async () => (await listUnreadable(stack))[0]);
      assert.match(kept.reason, /may not view channels/);
      assert.equal(kept.workspaceId, workspaceId);
      assert.equal(kept.channelId, stack.sandbox.report().connectors[0]?.channelId);
      // Nobody has to restart anything: once the key may, the same event completes the install.
      stack.sandbox.setFaults([]);
      assert.equal(await channelOnly(stack, kept.channelId), 200);
      const completed = await inStatus(stack, install.id, "completed");
      assert.equal(completed.channelId, kept.channelId);
    },
  ));

test("look-ups that hang keep neither a sweep nor a beat from its turn", () =>
  withStack(
    {
      startsPaused: true,
      worker: { requestTimeoutMs: 20_000, firstPollMs: 60_000 },
      sandbox: { faults: [always({ kind: "channel_never" }), toLookUps({ kind: "slow", delayMs: 20_000 })] },
    },
    async (stack) => {
      await stack.startAnotherWorker();
      const { install } = await stack.producer.enqueue(installRequest());
      const { connectorId = "" } = await inStatus(stack, install.id, "awaiting_channel");
      for (let n = 0; n < 40; n += 1) await channelOnly(stack);
      await until(
        "look-ups hang",
        async () => (await stack.client.llen(`${stack.keys.home().prefix}:errands:active`)) >= 4,
      );
      // A webhook process that is killed before it wakes the install.
      const shard = stack.keys.ofInstall(install.id);
      const channel = { channel: "channel-1", status: "active", usable: 1, at: Date.now() - 60_000 };
      await stack.client.hset(shard.connector(connectorId), channel);
      await stack.client.zadd(shard.arrived, channel.at, connectorId);
      assert.equal((await inStatus(stack, install.id, "completed")).channelId, "channel-1");
      const beats = await stack.client.hgetall(stack.keys.home().server);
      await until("there is another beat", async () => {
        const later = await stack.client.hgetall(stack.keys.home().server);
        return JSON.stringify(later) !== JSON.stringify(beats);
      });
    },
  ));

test("look-ups keep the workspace's GET budget, are given up never and are no error", () => {
  const lines: string[] = [];
  return withStack(
    { worker: { getsPerSecond: 20 }, onLogLine: (line) => lines.push(line) },
    async (stack) => {
      stack.sandbox.setFaults([toLookUps({ kind: "status", status: 503 })]);
      const startMs = performance.now();
      await Promise.all(Array.from({ length: 200 }, () => channelOnly(stack)));
      await until("some were sent", async () => lookUpsSent(stack) >= 20);
      const seconds = (performance.now() - startMs) / 1000;
      assert.ok(lookUpsSent(stack) <= 20 * seconds + 10, `${lookUpsSent(stack)} in ${seconds} s`);
      assert.deepEqual(
        lines.filter((line) => JSON.parse(line).level === "error"),
        [],
      );
      assert.deepEqual(await listUnreadable(stack), []);
    },
  );
});

test("a 429 stops the look-ups of its workspace for as long as Bird says, at no cost", () =>
  withStack({ worker: { getsPerSecond: 1000 } }, async (stack) => {
    stack.sandbox.setFaults([toLookUps({ kind: "status", status: 429, retryAfterSeconds: 600 })]);
    await channelOnly(stack);
    await until("Bird refused one", async () => lookUpsSent(stack) === 1);
    const { client, keys } = stack;
    const delayed = `${keys.home().prefix}:errands:delayed`;
    await until("it is parked", async () => (await client.zcard(delayed)) === 1);
    for (let n = 0; n < 20; n += 1) await channelOnly(stack);
    await until("all are parked", async () => (await client.zcard(delayed)) === 21);
    assert.equal(lookUpsSent(stack), 1);
    const ids = await client.zrange(delayed, "0", "-1");
    for (const id of ids) {
      const data = JSON.parse((await client.hget(`${keys.home().prefix}:errands:${id}`, "data")) ?? "{}");
      assert.ok((data.tries ?? 0) === 0, JSON.stringify(data));
    }
  }));

test("look-ups that a version before has put among the chores are carried out", () =>
  withStack({ startsPaused: true, sandbox: { faults: [always({ kind: "event_never" })] } }, async (stack) => {
    await stack.startAnotherWorker();
    const { install } = await stack.producer.enqueue(installRequest());
    await inStatus(stack, install.id, "awaiting_channel");
    const channelId = await until(
      "the channel is made",
      async () => stack.sandbox.report().connectors[0]?.channelId,
    );
    const before = createChoresQueue(stack);
    const data = { kind: "find_connector", workspaceId, channelId, status: "active" };
    await stack.client.hset(`${stack.keys.home().prefix}:chores:old`, {
      name: "find_connector",
      data: JSON.stringify(data),
      opts: "{}",
      timestamp: Date.now(),
      delay: 0,
      priority: 0,
    });
    await stack.client.zadd(`${stack.keys.home().prefix}:chores:delayed`, 0, "old");
    await before.add("sweep", { kind: "sweep" });
    assert.equal((await inStatus(stack, install.id, "completed")).channelId, channelId);
    await before.close();
  }));

test("a chore that cannot be read is kept for people and ends", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { client, keys } = stack;
    const prefix = `${keys.home().prefix}:chores`;
    const opts = JSON.stringify({ removeOnComplete: true });
    const fields = { name: "new", opts, timestamp: Date.now(), delay: 0, priority: 0 };
    await client.hset(`${prefix}:newer`, { ...fields, data: JSON.stringify({ kind: "of_a_newer_version" }) });
    await client.zadd(`${prefix}:delayed`, 0, "newer");
    await stack.startAnotherWorker();
    const kept = await until("it is kept", async () => (await listUnreadable(stack))[0]);
    assert.match(kept.reason, /chore/);
    assert.match(kept.body, /of_a_newer_version/);
    await until("it is gone", async () => (await client.exists(`${prefix}:newer`)) === 0);
  }));
