import assert from "node:assert/strict";
import test from "node:test";
import {
  createProducer,
  InputError,
  InstallNotFoundError,
  InstallStateError,
  ProducerClosedError,
  RedisUnavailableError,
} from "../../src/producer/index.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { testPrefix, testRedisUrl } from "../support/redis.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { withPrivateRedis } from "./private-redis.ts";

const nowhere = "redis://127.0.0.1:1";

/** As a program without types calls it. */
const open = (options: unknown): Promise<unknown> => Reflect.apply(createProducer, undefined, [options]);

const wrongOptions: readonly (readonly [string, unknown, readonly RegExp[]])[] = [
  ["no options at all", undefined, [/redisUrl is missing/, /sealingKeys is missing/]],
  ["no members", {}, [/redisUrl is missing: the REDIS_URL/, /sealingKeys is missing: the SEALING_KEYS/]],
  ["an unset variable", { redisUrl: nowhere, sealingKeys: undefined }, [/sealingKeys is missing/]],
  ["empty texts", { redisUrl: "", sealingKeys: " " }, [/redisUrl is missing/, /sealingKeys is missing/]],
  ["another scheme", { redisUrl: "http://x", sealingKeys: "x" }, [/redisUrl must be/, /sealingKeys must be/]],
  [
    "a port that is none",
    { redisUrl: "redis://h:99999999", sealingKeys: generateSealingKey() },
    [/redisUrl/],
  ],
  ["a number for a key", { redisUrl: nowhere, sealingKeys: 7 }, [/sealingKeys must be a list/]],
  [
    "numbers that are none",
    { redisUrl: nowhere, sealingKeys: generateSealingKey(), retentionMs: Number.NaN, shards: 1.5 },
    [/retentionMs must be/, /shards must be/],
  ],
  [
    "a prefix without hash tag and a nameless requester",
    { redisUrl: nowhere, sealingKeys: generateSealingKey(), prefix: "", requestedBy: "" },
    [/prefix must be/, /requestedBy must/],
  ],
];

for (const [what, options, messages] of wrongOptions)
  test(`a producer opened with ${what} names every option that is wrong at once`, () =>
    assert.rejects(open(options), (error) => {
      assert.ok(error instanceof TypeError);
      for (const message of messages) assert.match(error.message, message);
      return true;
    }));

test("a producer whose Redis is away at start says so by code, reason and option", () =>
  assert.rejects(createProducer({ redisUrl: nowhere, sealingKeys: generateSealingKey() }), (error) => {
    assert.ok(error instanceof RedisUnavailableError);
    assert.deepEqual([error.code, error.reason], ["unavailable", "unreachable"]);
    assert.match(error.message, /ECONNREFUSED.*redisUrl/);
    assert.doesNotMatch(error.message, /REDIS_URL|again/);
    return true;
  }));

test("a producer whose password is refused at start says so by reason and option", () =>
  withPrivateRedis(async ({ url }) => {
    const admin = await connectRedis(url, { whenAway: "fail", name: "test" });
    try {
      await admin.config("SET", "requirepass", "right");
      await assert.rejects(createProducer({ redisUrl: url, sealingKeys: generateSealingKey() }), (error) => {
        assert.ok(error instanceof RedisUnavailableError);
        assert.equal(error.reason, "wrong_password");
        assert.match(error.message, /password of redisUrl/);
        assert.doesNotMatch(error.message, /REDIS_URL/);
        return true;
      });
    } finally {
      await closeRedis(admin);
    }
  }));

test("a program finds, lists, cancels and retries its installs, and nothing after close", () =>
  withStack({}, async ({ redisUrl, keys, sealingKeyText }) => {
    const options = { redisUrl, sealingKeys: sealingKeyText, prefix: keys.prefix };
    const producer = await createProducer({ ...options, shards: keys.shards.length });
    try {
      assert.deepEqual(Object.keys(producer).toSorted(), [
        ...["cancel", "close", "enqueue", "enqueueMany", "find", "list", "retry", "waitFor"],
      ]);
      const { install } = await producer.enqueue(installRequest(1));
      assert.equal((await producer.find(install.id))?.id, install.id);
      assert.equal(await producer.find("01ARZ3NDEKTSV4RRFFQ69G5FAV"), undefined);
      const { items } = await producer.list({ phoneNumber: install.phoneNumber });
      assert.deepEqual(
        items.map(({ id }) => id),
        [install.id],
      );
      const ended = await producer.waitFor(install.id);
      assert.equal(ended.status, "completed");
      await assert.rejects(producer.cancel(install.id), InstallStateError);
      await assert.rejects(producer.retry(install.id), InstallStateError);
      await assert.rejects(producer.retry(install.id, { name: "" }), { name: "InputError" });
      await assert.rejects(producer.cancel("01ARZ3NDEKTSV4RRFFQ69G5FAV"), InstallNotFoundError);
    } finally {
      await producer.close();
    }
    await producer.close();
    await assert.rejects(producer.enqueue(installRequest(2)), ProducerClosedError);
    await assert.rejects(producer.enqueueMany([installRequest(2)]).next(), ProducerClosedError);
    await assert.rejects(producer.waitFor("x"), ProducerClosedError);
    await assert.rejects(producer.list(), ProducerClosedError);
  }));

test("bug: a list took a mangled cursor or filter for another page or an empty one", async () => {
  const options = { redisUrl: testRedisUrl(), sealingKeys: generateSealingKey(), prefix: testPrefix() };
  const producer = await createProducer(options);
  const refusal = async (asked: object): Promise<readonly string[]> => {
    const error: unknown = await producer.list(asked).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof InputError, JSON.stringify(asked));
    return error.issues.map(({ path }) => path);
  };
  try {
    for (const cursor of ["", "next", "01arz3ndektsv4rrffq69g5fav", "01ARZ3NDEKTSV4RRFFQ69G5FAV ", 7, null])
      assert.deepEqual(await refusal({ cursor }), ["/cursor"], String(cursor));
    for (const limit of [0, -1, 1.5, Number.NaN, "10"])
      assert.deepEqual(await refusal({ limit }), ["/limit"], String(limit));
    assert.deepEqual(await refusal({ status: "done", workspace: "w", phoneNumber: "0170", sinceMs: "2h" }), [
      ...["/status", "/phoneNumber", "/sinceMs", "/workspace"],
    ]);
    assert.deepEqual(await refusal({ status: ["failed", "done"] }), ["/status"]);
    const right = { cursor: "01ARZ3NDEKTSV4RRFFQ69G5FAV", status: ["failed", "held"], limit: 1000 } as const;
    assert.deepEqual((await producer.list(right)).items, []);
    assert.deepEqual((await producer.list({ limit: undefined, cursor: undefined })).items, []);
  } finally {
    await producer.close();
  }
});

test("bug: a row that was rejected handed its token back", async () => {
  const options = { redisUrl: testRedisUrl(), sealingKeys: generateSealingKey(), prefix: testPrefix() };
  const producer = await createProducer(options);
  try {
    const input = {
      ...installRequest(1),
      wabaId: "none",
      invitationToken: "secret-invitation",
      token: "secret",
    };
    const [row] = await Array.fromAsync(producer.enqueueMany([input]));
    assert.ok(row !== undefined && "errors" in row);
    assert.doesNotMatch(JSON.stringify(row), /secret|EAAG/);
    assert.ok(!("accessToken" in row.input));
  } finally {
    await producer.close();
  }
});

test("a producer whose Redis went away names the reason in every method", () =>
  withPrivateRedis(async (redis) => {
    const producer = await createProducer({ redisUrl: redis.url, sealingKeys: generateSealingKey() });
    try {
      await redis.stop();
      await assert.rejects(producer.enqueue(installRequest(1)), RedisUnavailableError);
      await assert.rejects(producer.list(), RedisUnavailableError);
    } finally {
      await producer.close();
    }
  }));
