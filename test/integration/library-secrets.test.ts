import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { createProducer, type Producer } from "../../src/producer/index.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { canariesOf } from "../support/canaries.ts";
import { durable, withRedisServers } from "../support/redis-servers.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { withPrivateRedis } from "./private-redis.ts";

const canaries = canariesOf("LIBRARY");
const { accessToken, secondToken, invitationToken, signingKey } = canaries;
const password = "LIBRARY-PASSWORD";
const sealingKeyBytes = Buffer.from("LIBRARY-SEALING-KEY-0123456789ab").toString("base64url");

/** Everything a program could print of a value or an error, its causes and hidden members too. */
const formsOf = (value: unknown): string =>
  [String(value), JSON.stringify(value) ?? "", inspect(value, { depth: 20, showHidden: true })].join("\n");

const assertClean = (what: string, value: unknown): void => {
  const text = formsOf(value);
  for (const secret of [...Object.values(canaries), password, sealingKeyBytes, "LIBRARY"])
    assert.ok(!text.includes(secret), `${what} has ${secret}: ${text.slice(0, 2000)}`);
};

const assertThrowsClean = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    return assertClean(what, error);
  }
  assert.fail(`${what}: nothing was thrown`);
};

const secretRequest = (n: number, change: object = {}) => ({
  ...installRequest(n, { accessToken, invitationToken }),
  channelWebhooks: { url: "https://receiver.example/hook", signingKey },
  ...change,
});

/** As a program without types calls it. */
const open = (options: unknown): Promise<Producer> => Reflect.apply(createProducer, undefined, [options]);

test("options that are refused, and a Redis that is away or refuses, show neither key nor password", () =>
  withRedisServers(async (start) => {
    const { port } = await start([...durable]);
    const admin = await connectRedis(`redis://127.0.0.1:${port}`, { whenAway: "fail", name: "test" });
    const sealingKeys = `k1:${sealingKeyBytes}`;
    try {
      await admin.config("SET", "requirepass", "another");
      const wrong = `redis://:${password}@127.0.0.1`;
      for (const options of [
        { redisUrl: `http://:${password}@127.0.0.1:1`, sealingKeys: `${sealingKeys},${sealingKeys}` },
        { redisUrl: `unix:///run/redis.sock?password=${password}`, sealingKeys },
        { redisUrl: `${wrong}:1`, sealingKeys: sealingKeyBytes },
        { redisUrl: `${wrong}:1`, sealingKeys },
        { redisUrl: `${wrong}:${port}`, sealingKeys },
        { redisUrl: `redis://127.0.0.1:${port}?password=${password}`, sealingKeys },
        { redisUrl: `redis+cluster://:${password}@127.0.0.1:${port}`, sealingKeys },
      ])
        await assertThrowsClean(options.redisUrl, () => open(options));
    } finally {
      await closeRedis(admin);
    }
  }));

test("nothing that a method of the library returns or throws holds a token or key", () =>
  withStack({}, async ({ redisUrl, keys, sealingKeyText }) => {
    const producer = await createProducer({
      ...{ redisUrl, sealingKeys: sealingKeyText, prefix: keys.prefix, shards: keys.shards.length },
    });
    try {
      assertClean("the producer", producer);
      const enqueued = await producer.enqueue(secretRequest(1), { idempotencyKey: "one" });
      assertClean("enqueue", enqueued);
      const { id } = enqueued.install;
      assertClean("waitFor", await producer.waitFor(id));
      assertClean("find", await producer.find(id));
      assertClean("list", await producer.list());
      const wrong = secretRequest(2, { accessToken: `${accessToken} ${accessToken}`, token: secondToken });
      await assertThrowsClean("enqueue of a wrong one", () => producer.enqueue(wrong));
      await assertThrowsClean("enqueue under a used key", () =>
        producer.enqueue(secretRequest(1, { accessToken: secondToken }), { idempotencyKey: "one" }),
      );
      await assertThrowsClean("enqueue of another number", () =>
        producer.enqueue(secretRequest(1, { phoneNumber: "+14155550177" })),
      );
      await assertThrowsClean("retry", () => producer.retry(id, { accessToken: secondToken }));
      await assertThrowsClean("retry of a wrong one", () =>
        producer.retry(id, { accessToken: `${secondToken} x` }),
      );
      await assertThrowsClean("cancel", () => producer.cancel(id));
      const rows: unknown[] = [secretRequest(3), wrong, accessToken, [accessToken], { accessToken }];
      assertClean("rows", await Array.fromAsync(producer.enqueueMany(rows, { batchName: "b" })));
    } finally {
      await producer.close();
    }
    await assertThrowsClean("enqueue after close", () => producer.enqueue(secretRequest(1)));
  }));

test("what Redis refuses is thrown without the token and without what was sent to Redis", () =>
  withPrivateRedis(async (redis) => {
    const admin = await connectRedis(redis.url, { whenAway: "fail", name: "test" });
    const producer = await open({ redisUrl: redis.url, sealingKeys: `k1:${sealingKeyBytes}` });
    try {
      await admin.config("SET", "maxmemory", "1");
      await assertThrowsClean("enqueue into a full Redis", () =>
        producer.enqueue(secretRequest(1), { idempotencyKey: "LIBRARY-IDEMPOTENCY" }),
      );
      await admin.config("SET", "maxmemory", "0");
      await redis.stop();
      await assertThrowsClean("enqueue without Redis", () => producer.enqueue(secretRequest(1)));
    } finally {
      await producer.close();
      await closeRedis(admin);
    }
  }));
