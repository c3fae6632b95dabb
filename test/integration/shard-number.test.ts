import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { z } from "zod";
import { signWebhook, workspaceSigningKey } from "../../src/bird/signature.ts";
import { createProducer, type Producer } from "../../src/producer/producer.ts";
import { createBatches } from "../../src/queue/batches/batches.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { readShardNumber, registerShardCount } from "../../src/queue/keyspace/shard-number.ts";
import { shardOfId } from "../../src/queue/keyspace/shards.ts";
import { areShardsUnused } from "../../src/queue/keyspace/take-back-shards.ts";
import { createChoresQueue } from "../../src/queue/maintenance/chores.ts";
import { createAccessKeyStore } from "../../src/queue/workspaces/access-keys.ts";
import { startWebhookRole } from "../../src/roles/webhook.ts";
import { installRequest } from "../support/request.ts";
import { localWebhook } from "../support/role-settings.ts";
import { quickSettings, type Stack, signingSecret, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const { retentionMs } = quickSettings;
const shards = 3;

const workspaceOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const requestOf = (n: number) => installRequest(n, { workspaceId: workspaceOf(n) });
const requests = (count: number) => Array.from({ length: count }, (_, n) => requestOf(n));

/** Lends producers that know of so many shards. */
const withProducers = (
  options: Parameters<typeof withStack>[0],
  run: (stack: Stack, open: (count: number, prefix?: string) => Promise<Producer>) => Promise<void>,
) =>
  withStack(options, async (stack) => {
    await using opened = new AsyncDisposableStack();
    await run(stack, async (count, prefix = stack.keys.prefix) => {
      const producer = await createProducer({
        redisUrl: stack.redisUrl,
        sealingKeys: stack.sealingKeyText,
        prefix,
        retentionMs,
        shards: count,
      });
      opened.defer(producer.close);
      return producer;
    });
  });

const tooFew = { name: "ShardsError", code: "too_few_shards" };
const paused = { shards: 1, startsPaused: true } as const;

/** Workspaces that a producer settles in a shard. */
const settledIn = (enqueued: readonly { readonly install: { readonly id: string } }[], shard: number) =>
  enqueued.flatMap(({ install }, n) => (shardOfId(install.id) === shard ? [n] : []));

test("unused shards are taken back, and a process that knows more continues in the remaining ones", () =>
  withProducers(paused, async (stack, open) => {
    const more = await open(shards);
    assert.equal(await readShardNumber(stack), 3);
    await assert.rejects(stack.producer.enqueue(requestOf(0)), tooFew);

    await open(1);
    assert.equal(await stack.client.get(stack.keys.shardCount), null);
    // It ran all the time and goes on without being started again.
    const [first] = await Promise.all(requests(1).map((request) => stack.producer.enqueue(request)));
    const enqueued = await Promise.all(requests(20).map((request) => more.enqueue(request)));
    assert.equal(settledIn(enqueued, 0).length, 20);
    assert.equal(enqueued[0]?.install.id, first?.install.id);
    const again = await Promise.all(requests(20).map((request) => stack.producer.enqueue(request)));
    assert.deepEqual(
      again.map(({ install, created }) => [install.id, created]),
      enqueued.map(({ install }) => [install.id, false]),
    );
  }));

test("a number of shards is not taken back while one of those has an install, a claim or an access key", () =>
  withProducers(paused, async (stack, open) => {
    const { client, keys } = stack;
    const more = await open(shards);
    const enqueued = await Promise.all(requests(20).map((request) => more.enqueue(request)));
    await assert.rejects(open(1), tooFew);
    await assert.rejects(open(2), tooFew);
    assert.equal(await readShardNumber(stack), 3);

    const all = createKeys(keys.prefix, shards);
    for (const { install } of enqueued) {
      const shard = all.ofInstall(install.id);
      await client.del(shard.job(install.id), shard.claim(install.workspaceId, install.phoneId));
    }
    for (const shard of all.shards) {
      await client.del(shard.installsIn("prioritized"));
      // What is left is what a producer leaves that was killed between its claim and its job.
      assert.equal(await client.exists(shard.installs), 1);
    }
    await assert.rejects(open(1), tooFew);
    for (const shard of all.shards) await client.del(shard.installs, shard.workspaceInstalls(workspaceOf(0)));
    const [n = 0] = settledIn(enqueued, 2);
    const store = createAccessKeyStore({ client, keys: all, seal: fakeSeal });
    await store.store(workspaceOf(n), "access key");
    await assert.rejects(open(1), tooFew);
    assert.equal(await areShardsUnused({ client, keys }, shards), false);
    await store.remove(workspaceOf(n));
    await open(1);
    assert.equal(await readShardNumber(stack), 1);
    assert.deepEqual(await client.hgetall(keys.placements(workspaceOf(n))), placementsOf(enqueued));

    // Both remember that the workspace was in the third shard.
    await store.store(workspaceOf(n), "another key");
    assert.equal(await client.exists(keys.accessKey(workspaceOf(n))), 1);
    const { install, created } = await more.enqueue(requestOf(n));
    assert.deepEqual([shardOfId(install.id), created], [0, true]);
    assert.equal((await stack.producer.enqueue(requestOf(n))).install.id, install.id);
  }));

const fakeSeal = { sealText: async (text: string) => `sealed ${text}` };

/** What is left of placements once all but the first shard are taken back. */
const placementsOf = (enqueued: Parameters<typeof settledIn>[0]) =>
  Object.fromEntries(settledIn(enqueued, 0).map((n) => [workspaceOf(n), "0"]));

test("a shard that a killed process was about to take back is used again by the next who needs it", () =>
  withProducers({ shards, startsPaused: true }, async (stack) => {
    const { client, keys, producer } = stack;
    const before = await Promise.all(requests(20).map((request) => producer.enqueue(request)));
    const [n = 0] = settledIn(before, 2);
    const [, , third] = keys.shards;
    assert.ok(third !== undefined);
    await client.set(third.shardCount, Number(await client.get(keys.shardEpoch)));
    const { install, created } = await producer.enqueue({
      ...requestOf(n),
      phoneId: "1",
      phoneNumber: "+14155559999",
    });
    assert.deepEqual([shardOfId(install.id), created], [2, true]);
    assert.equal(await client.exists(third.shardCount), 0);
  }));

test("who enqueues with more shards while another takes them back never makes a second install of a number", () =>
  withProducers(paused, async ({ client, keys }, open) => {
    const outcomes = { takenBack: 0, refused: 0 };
    /** One race, in a part of Redis of its own; those who enqueue start that many commands after those who take back. */
    const race = async (commands: number): Promise<void> => {
      const prefix = keys.prefix.replace("}", `-${commands}}`);
      const one = { client, keys: createKeys(prefix, 1) };
      const fewer = await open(1, prefix);
      const more = await open(shards, prefix);
      const ids = new Map<number, Set<string>>();
      const enqueue = async (producer: Producer, n: number): Promise<void> => {
        const enqueued = await producer.enqueue(requestOf(n)).catch((error) => {
          assert.equal(error.code, "too_few_shards");
        });
        if (enqueued !== undefined) ids.set(n, (ids.get(n) ?? new Set()).add(enqueued.install.id));
      };
      const takeBack = () =>
        registerShardCount(one).then(
          () => {
            outcomes.takenBack += 1;
          },
          (error) => {
            assert.equal(error.code, "too_few_shards");
            outcomes.refused += 1;
          },
        );
      const taking = [takeBack(), takeBack()];
      for (let n = 0; n < commands; n++) await client.ping();
      const numbers = [0, 1, 2, 3];
      await Promise.all([
        ...taking,
        ...numbers.map((n) => enqueue(more, n)),
        ...numbers.map((n) => enqueue(fewer, n)),
      ]);
      for (const n of numbers) await enqueue(more, n);
      for (const n of numbers) await enqueue(fewer, n);
      const found = [...ids.values()].map((each) => [...each]);
      assert.deepEqual(
        found.map((each) => each.length),
        [1, 1, 1, 1],
      );
      // Nothing lies in a shard that does not count.
      assert.ok(Math.max(...found.flat().map(shardOfId)) < (await readShardNumber(one)));
    };
    for (let commands = 0; commands < 16; commands++) await race(commands);
    assert.ok(outcomes.takenBack > 0 && outcomes.refused > 0, JSON.stringify(outcomes));
  }));

const problemSchema = z.object({ status: z.number(), code: z.string(), detail: z.string() });
const readProblem = async (response: Response) => problemSchema.parse(await response.json());

test("an API that knows of too few shards says so, is not ready, and goes on once the number is taken back", () =>
  withProducers(paused, async (stack, open) => {
    const api = await stack.startAnApi();
    const list = () => fetch(`${api.url}/v1/installs`);
    const ready = () => fetch(`${api.url}/readyz`);
    assert.deepEqual([(await list()).status, (await ready()).status], [200, 200]);
    await open(shards);
    await until("the API has noticed", async () => (await list()).status === 503);
    const create = await fetch(`${api.url}/v1/installs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(requestOf(0)),
    });
    for (const answer of [create, await list(), await fetch(`${api.url}/v1/installs/x`), await ready()]) {
      assert.equal(answer.headers.get("retry-after"), "10");
      const { status, code, detail } = await readProblem(answer);
      assert.deepEqual([status, code], [503, "too_few_shards"]);
      assert.match(detail, /SHARDS is too small.*Set SHARDS=3/);
    }
    assert.equal((await fetch(`${api.url}/healthz`)).status, 200);
    await open(1);
    await until("the API answers again", async () => (await list()).status === 200);
    assert.equal((await ready()).status, 200);
  }));

/** Sends an event as Bird does. */
const sendEvent = (webhookUrl: string, workspaceId: string, connectorId: string): Promise<Response> => {
  const url = `${webhookUrl}/webhooks/bird/${workspaceId}`;
  const payload = { id: randomUUID(), connectorId, status: "active" };
  const body = JSON.stringify({ service: "channels", event: "channel.created", payload });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = workspaceSigningKey(signingSecret, workspaceId);
  return fetch(url, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "messagebird-request-id": randomUUID(),
      "messagebird-request-timestamp": timestamp,
      "messagebird-signature": signWebhook({ timestamp, url, body: Buffer.from(body) }, key),
    },
  });
};

/** A webhook process that was started when there was one shard. */
const withOldWebhook = async (stack: Stack, run: (url: string) => Promise<void>): Promise<void> => {
  await using opened = new AsyncDisposableStack();
  const { redisUrl, log } = stack;
  const keys = createKeys(stack.keys.prefix, 1);
  const settings = { ...localWebhook, signingSecret };
  const webhook = await startWebhookRole({ redisUrl, keys, log, opened, settings });
  await run(webhook.url);
};

test("an event that a webhook process of fewer shards cannot place is not acknowledged, and is not lost", () =>
  withStack({ shards, sandbox: { faults: [{ times: "always", fault: { kind: "event_never" } }] } }, (stack) =>
    withOldWebhook(stack, async (oldUrl) => {
      const { installs, enqueue } = stack.producer;
      const enqueued = await Promise.all(requests(6).map((request) => enqueue(request)));
      assert.ok(settledIn(enqueued, 0).length < 6);
      for (const { install } of enqueued) {
        const { workspaceId } = install;
        const connectorId = await until("it has a connector", async () => {
          const found = await installs.find(install.id);
          return found?.status === "awaiting_channel" && found.connectorId;
        });
        const refused = await sendEvent(oldUrl, workspaceId, connectorId);
        assert.equal(refused.headers.get("retry-after"), "10");
        assert.equal((await readProblem(refused)).code, "too_few_shards");
        assert.equal((await sendEvent(stack.webhook.url, workspaceId, connectorId)).status, 200);
        assert.equal((await stack.producer.waitFor(install.id)).status, "completed");
      }
      const ready = await fetch(`${oldUrl}/readyz`);
      assert.deepEqual([ready.status, (await readProblem(ready)).code], [503, "too_few_shards"]);
    }),
  ));

test("a worker that knows of too few shards leaves chores to others, and does not say that a batch has ended", () =>
  withProducers({ shards: 1 }, async (stack, open) => {
    const { client, keys } = stack;
    const more = await open(shards);
    const opened = await more.importRows(
      requests(20).map((input, index) => ({ row: index + 1, input })),
      { name: "spread" },
    );
    await Array.fromAsync(opened.rows);
    const behind = createBatches({ client, keys, retentionMs });
    await assert.rejects(behind.recount(opened.batchId, [1]), tooFew);

    const chores = createChoresQueue({ client, keys });
    const job = await chores.add("move_batch", { kind: "move_batch", batchId: opened.batchId });
    await until("the chore was handed back", async () => (await job.getState()) === "delayed");
    await chores.close();
    const batch = await more.batches.find(opened.batchId);
    assert.equal(batch?.status, "running");
    assert.ok((batch?.queued ?? 0) > 0);
  }));
