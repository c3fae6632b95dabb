import assert from "node:assert/strict";
import test from "node:test";
import { checkRedis, UnsafeRedisError } from "../../src/redis/check.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { until } from "../support/until.ts";
import { withPrivateRedis } from "./private-redis.ts";

const withServer = (run: (client: Awaited<ReturnType<typeof connectRedis>>) => Promise<void>) =>
  withPrivateRedis(async ({ url }) => {
    const client = await connectRedis(url, { whenAway: "fail", name: "test-check" });
    try {
      await run(client);
    } finally {
      client.disconnect();
    }
  });

test("the private Redis is safe and nothing is said about it", () =>
  withServer(async (client) => {
    assert.deepEqual(await checkRedis(client), []);
  }));

for (const policy of ["allkeys-lru", "volatile-ttl", "allkeys-random"]) {
  test(`a Redis with ${policy} is refused, and doing what the message says is the cure`, () =>
    withServer(async (client) => {
      await client.config("SET", "maxmemory-policy", policy);
      const refusal = await checkRedis(client).then(
        () => assert.fail("it was accepted"),
        (error: unknown) => error,
      );
      assert.ok(refusal instanceof UnsafeRedisError);
      assert.equal(refusal.code, "unsafe_redis");
      assert.ok(refusal.message.includes(policy));
      const [, name, value] = /redis-cli CONFIG SET (\S+) (\w+)"/.exec(refusal.message) ?? [];
      await client.config("SET", name ?? "", value ?? "");
      assert.deepEqual(await checkRedis(client), []);
    }));
}

test("a Redis without an append-only file is warned of, and doing what the warning says is the cure", () =>
  withServer(async (client) => {
    await client.config("SET", "appendonly", "no");
    const [warning, ...others] = await checkRedis(client);
    assert.deepEqual(others, []);
    assert.match(warning ?? "", /append-only/);
    for (const [, name = "", value = ""] of (warning ?? "").matchAll(/redis-cli CONFIG SET (\S+) (\w+)"/g))
      await client.config("SET", name, value);
    assert.deepEqual(await checkRedis(client), []);
    // A server that writes its first append-only file ignores SIGTERM until it is done.
    await until("the file is written", async () =>
      /aof_rewrite_in_progress:0[\s\S]*aof_rewrite_scheduled:0/.test(await client.info("persistence")),
    );
  }));
