import assert from "node:assert/strict";
import test from "node:test";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { testRedisUrl, toServer } from "../support/redis.ts";
import { until } from "../support/until.ts";

for (const whenAway of ["wait", "fail"] as const) {
  test(`a connection that ${whenAway}s while Redis is away is closed after the commands in flight`, async () => {
    const client = await connectRedis(testRedisUrl(), { whenAway, name: "test-close" });
    const answer = client.ping();
    await closeRedis(client);
    assert.equal(await answer, "PONG");
    await until("the connection has ended", async () => client.status === "end");
  });
}

test("bug: a connection that is just breaking cannot be closed", async () => {
  const client = await connectRedis(testRedisUrl(), { whenAway: "fail", name: "test-close" });
  toServer(client).stream.destroy();
  // Its socket can take nothing more, but ioredis still calls it ready.
  assert.equal(client.status, "ready");
  await closeRedis(client);
  await until("the connection has ended", async () => client.status === "end");
});
