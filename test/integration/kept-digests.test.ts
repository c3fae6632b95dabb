import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { hashApiKey } from "../../src/api/auth/api-keys.ts";
import { createProducer, type Producer } from "../../src/producer/producer.ts";
import type { Keys } from "../../src/queue/keyspace/keys.ts";
import { createStoppedUrls } from "../../src/queue/outbox/stopped-urls.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { createApiClient } from "../support/api-client.ts";
import { contentOf } from "../support/content-of.ts";
import { testRedisUrl } from "../support/redis.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { storedNames } from "../support/stored-names.ts";
import { type TestQueue, withQueue } from "./queue-fixture.ts";

const [oldKey, newKey] = [generateSealingKey(), generateSealingKey()];

/** Runs with a producer of its own that has these sealing keys. */
const producing = async <T>(
  { keys }: TestQueue,
  sealingKeys: string,
  run: (producer: Producer) => Promise<T>,
): Promise<T> => {
  const producer = await createProducer({ redisUrl: testRedisUrl(), sealingKeys, prefix: keys.prefix });
  try {
    return await run(producer);
  } finally {
    await producer.close();
  }
};

const storedText = async (client: RedisClient, keys: Keys): Promise<string> => {
  const names = await storedNames(client, keys);
  assert.ok(names.length > 0);
  return JSON.stringify([names, await Promise.all(names.map((name) => contentOf(client, name)))]);
};

/** Every plain digest somebody could make of a guess, in the writings there are. */
const digestsOf = (text: string): readonly string[] =>
  (["hex", "base64", "base64url"] as const).map((writing) =>
    createHash("sha256").update(text).digest(writing).slice(0, 22),
  );

const signingKey = "hunter2";
const channelWebhooks = {
  url: "https://receiver.example/hook",
  events: ["whatsapp.inbound" as const],
  signingKey,
};

test("bug: the idempotency keys of one API key met those of another", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const keys = ["orders", "shop"].map((name) => ({
      name,
      hash: hashApiKey(`${name}-key`),
      scopes: ["write" as const],
    }));
    const { url } = await stack.startAnApi({ keys });
    const call = createApiClient(url);
    const post = (name: string, n: number) =>
      call("/v1/installs", {
        json: installRequest(n),
        headers: { authorization: `Bearer ${name}-key`, "idempotency-key": "order-1" },
      });
    const [first, other] = [await post("orders", 1), await post("shop", 2)];
    assert.deepEqual([first.status, other.status], [202, 202]);
    assert.notEqual(first.body.id, other.body.id);
    assert.equal((await post("orders", 1)).body.id, first.body.id);
    assert.equal((await post("shop", 2)).body.id, other.body.id);
    assert.equal((await post("shop", 1)).body.code, "idempotency_key_reused");
    const { install } = await stack.producer.enqueue(installRequest(3), { idempotencyKey: "order-1" });
    assert.notEqual(install.id, first.body.id, "the library's are its own");
  }));

test("a producer keeps its idempotency keys under the namespace it is given", () =>
  withQueue((queue) =>
    producing(queue, oldKey, async (producer) => {
      const idOf = async (n: number, idempotencyNamespace?: string): Promise<string> => {
        const options = { idempotencyKey: "k", idempotencyNamespace };
        return (await producer.enqueue(installRequest(n), options)).install.id;
      };
      const [one, other] = [await idOf(1, "one"), await idOf(2, "other")];
      assert.notEqual(one, other);
      assert.equal(await idOf(1, "one"), one);
      await idOf(3);
      await assert.rejects(idOf(1, "library"), { name: "IdempotencyKeyReusedError" });
    }),
  ));

test("bug: a weak signing key, a token and a number were guessed from their digests in Redis", () =>
  withQueue((queue) =>
    producing(queue, oldKey, async (producer) => {
      const request = installRequest(1, { channelWebhooks, invitationToken: "INVITATION" });
      await producer.enqueue(request, { idempotencyKey: "order-1" });
      const rows = await producer.importRows([{ row: 1, input: request }], { name: "b" });
      await Array.fromAsync(rows.rows);
      const stored = await storedText(queue.client, queue.keys);
      const sorted = Object.entries(channelWebhooks).sort(([a], [b]) => (a < b ? -1 : 1));
      const values: readonly unknown[] = [...Object.values(request), signingKey, channelWebhooks, sorted];
      const group = [{ row: 1, input: request }];
      for (const value of [...values, "order-1", group, ["b", null, null, group]]) {
        const texts = [JSON.stringify(value), ...(typeof value === "string" ? [value] : [])];
        for (const digest of texts.flatMap(digestsOf))
          assert.ok(!stored.includes(digest), `a plain digest of ${JSON.stringify(value)} is kept`);
      }
    }),
  ));

test("two records do not show that they hold the same token", () =>
  withQueue((queue) =>
    producing(queue, oldKey, async (producer) => {
      for (const n of [1, 2])
        await producer.enqueue(installRequest(n, { accessToken: "SAME" }), { idempotencyKey: `k${n}` });
      const names = await queue.client.keys(queue.keys.idempotency("*"));
      const records = await queue.client.mget(names);
      const digests = records.map((text) => /"accessToken":"([^"]+)"/.exec(text ?? "")?.[1]);
      assert.equal(digests.length, 2);
      assert.ok(digests.every((digest) => digest !== undefined));
      assert.notEqual(digests[0], digests[1]);
    }),
  ));

test("a request recorded before the sealing keys were rotated is recognised while the old key is listed", () =>
  withQueue(async (queue) => {
    const options = { idempotencyKey: "k" };
    const first = await producing(queue, oldKey, (producer) => producer.enqueue(installRequest(1), options));
    await producing(queue, `${newKey},${oldKey}`, async (producer) => {
      const again = await producer.enqueue(installRequest(1), options);
      assert.deepEqual([again.created, again.install.id], [false, first.install.id]);
      await assert.rejects(producer.enqueue(installRequest(1, { accessToken: "OTHER" }), options), {
        name: "IdempotencyKeyReusedError",
        fields: ["accessToken"],
      });
    });
    assert.equal((await queue.client.keys(queue.keys.idempotency("*"))).length, 1);
    await producing(queue, newKey, async (producer) => {
      const forgotten = await producer.enqueue(installRequest(1), options);
      assert.equal(forgotten.install.id, first.install.id, "the number's claim still stands");
    });
  }));

test("an import that was cut off goes on in its batch after the sealing keys were rotated", () =>
  withQueue(async (queue) => {
    const rows = Array.from({ length: 300 }, (_, n) => ({
      row: n + 1,
      input: {
        ...installRequest(1),
        phoneId: String(206540352242000 + n),
        phoneNumber: `+1415556${1000 + n}`,
      },
    }));
    const cutOff = await producing(queue, oldKey, async (producer) => {
      const opened = await producer.importRows(rows, { name: "b", end: () => "stopped" });
      await opened.rows.next();
      await opened.rows.return();
      return opened;
    });
    await producing(queue, `${newKey},${oldKey}`, async (producer) => {
      for (const isLast of [false, true]) {
        const opened = await producer.importRows(rows, {
          name: "b",
          end: () => (isLast ? "whole" : "stopped"),
        });
        assert.deepEqual([opened.batchId, opened.isContinued], [cutOff.batchId, true]);
        const results = await Array.fromAsync(opened.rows);
        assert.ok(results.every((row) => "install" in row && row.created));
      }
    });
    await producing(queue, oldKey, async (producer) => {
      const opened = await producer.importRows(rows, { name: "b" });
      assert.equal(opened.isContinued, false, "it has ended");
      await opened.rows.return();
    });
  }));

test("bug: an address that wanted no more could be guessed from its digest in Redis", () =>
  withQueue(async ({ client, keys, clock }) => {
    const url = "https://receiver.example/hook?pin=4711";
    const urlsOf = (...sealingKeys: readonly string[]) => {
      const { digests } = createSeal(readSealingKeys(sealingKeys.join(",")));
      return createStoppedUrls({ client, keys, digests, now: clock.now });
    };
    await urlsOf(oldKey).stop(url);
    const stored = await storedText(client, keys);
    for (const digest of digestsOf(url)) assert.ok(!stored.includes(digest), digest);
    // A rotation forgets nothing while the key of before is listed, and lifts it too.
    const rotated = urlsOf(newKey, oldKey);
    assert.equal(await rotated.isStopped(url), true);
    assert.equal(await urlsOf(newKey).isStopped(url), false);
    await rotated.lift(url);
    assert.equal(await rotated.isStopped(url), false);
    assert.equal(await urlsOf(oldKey).isStopped(url), false);
  }));
