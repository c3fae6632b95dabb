import assert from "node:assert/strict";
import test from "node:test";
import { withRedisCluster } from "../support/redis-cluster.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";

test("all roles work on a Redis Cluster", () =>
  withRedisCluster((cluster) =>
    withStack({ redisUrl: cluster.url }, async ({ producer, sandbox }) => {
      const { install } = await producer.enqueue(installRequest(1));
      const ended = await producer.waitFor(install.id, { timeoutMs: 20_000 });
      assert.equal(ended.status, "completed");
      assert.equal(sandbox.report().creates[`${workspaceId}/${ended.phoneId}`], 1);
    }),
  ));
