import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import type { Redis } from "ioredis";
import { z } from "zod";
import { signWebhook, workspaceSigningKey } from "../../src/bird/signature.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { registerShardCount } from "../../src/queue/keyspace/shard-number.ts";
import { withPerchFolder } from "../support/perch.ts";
import { durable, withRedisServers } from "../support/redis-servers.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { signingSecret, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { readText } from "../unit/deploy/repository.ts";

const password = "a-password-of-the-tests";

/** The rules of the user that docs/deploy.md makes, as they stand there. */
const documentedRules = (): readonly string[] => {
  const [, text = ""] = /ACL SETUSER perch-webhook ([\s\S]+?[^\\])\n/.exec(readText("docs/deploy.md")) ?? [];
  return text.replaceAll(/\\\n/g, " ").replaceAll("'", "").replace("PASSWORD", password).trim().split(/\s+/);
};

const denied = async (redis: Redis): Promise<readonly string[]> => {
  const entries = z.array(z.array(z.unknown())).parse(await redis.acl("LOG"));
  // Newer servers are told the client's version; nothing depends on it.
  return entries.map((entry) => entry.join(" ").slice(0, 160)).filter((text) => !text.includes("setinfo"));
};

/** Posts an event as Bird would. */
const deliver = async (url: string, payload: unknown, path = `/webhooks/bird/${workspaceId}`) => {
  const body =
    typeof payload === "string"
      ? payload
      : JSON.stringify({ service: "channels", event: "channel.created", payload });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = workspaceSigningKey(signingSecret, workspaceId);
  const response = await fetch(url + path, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "messagebird-request-id": randomUUID(),
      "messagebird-request-timestamp": timestamp,
      "messagebird-signature": signWebhook({ timestamp, url: url + path, body: Buffer.from(body) }, key),
    },
  });
  return response.status;
};

const addressIn = (printed: string, member: string): string =>
  new RegExp(`"${member}":"([^"]+)"`).exec(printed)?.[1] ?? assert.fail(printed);

const forbidden = [
  ["GET", `{perch}:access-key:${workspaceId}`],
  ["GET", `{perch}:claim:${workspaceId}:1`],
  ["HGETALL", "{perch}:batch:B"],
  ["HGETALL", "{perch}:notifications:N"],
  ["GET", "another:key"],
  ["SET", "another:key", "1"],
  ["EVAL", "return redis.call('GET', KEYS[1])", "1", `{perch}:access-key:${workspaceId}`],
  ["EVAL", "return redis.call('FLUSHALL')", "0"],
  ...[
    "FLUSHALL",
    "FLUSHDB",
    "KEYS *",
    "SCAN 0",
    "RANDOMKEY",
    "DBSIZE",
    "CONFIG GET *",
    "CONFIG SET dir /tmp",
  ],
  ...["SAVE", "BGSAVE", "SHUTDOWN", "MONITOR", "CLIENT LIST", "CLIENT KILL 1", "ACL LIST"],
  ...["SLAVEOF 127.0.0.1 1", "REPLICAOF 127.0.0.1 1", "MODULE LIST", "SCRIPT FLUSH", "SUBSCRIBE c", "SORT x"],
].map((command) => (typeof command === "string" ? command.split(" ") : command));

/** Tries what a stranger who has become this user would. */
const assertNothingElse = async (url: string, admin: Redis): Promise<void> => {
  const intruder = admin.duplicate({ username: "perch-webhook", password });
  try {
    assert.match(url, /perch-webhook/);
    for (const [command = "", ...args] of forbidden)
      await assert.rejects(
        intruder.call(command, ...args),
        /NOPERM|can't run this command|can't access at least one/,
        [command, ...args].join(" "),
      );
  } finally {
    intruder.disconnect();
  }
};

/** What docs/deploy.md adds where there are several shards. */
const rulesOfShards = (): readonly string[] =>
  [...readText("docs/deploy.md").matchAll(/`SHARDS` add `([^`]+)`/g)].flatMap(([, text = ""]) =>
    text.replaceAll("'", "").split(" "),
  );

for (const shards of [1, 3])
  test(`with ${shards} of SHARDS the webhook service does all it does with the rights docs/deploy.md gives its Redis user`, () =>
    withRedisServers(async (startServer) => {
      const server = await startServer(durable);
      await server.use(async (admin) => {
        await admin.acl(
          "SETUSER",
          "perch-webhook",
          ...documentedRules(),
          ...(shards > 1 ? rulesOfShards() : []),
        );
        await withStack(
          { redisUrl: server.url, prefix: "{perch}", shards, sandbox: { channelDelayMs: 3_600_000 } },
          (stack) =>
            withPerchFolder(async ({ run }) => {
              const env = {
                REDIS_URL: `redis://perch-webhook:${password}@127.0.0.1:${server.port}`,
                WEBHOOK_PORT: "0",
                SHARDS: `${shards}`,
                WEBHOOK_SIGNING_SECRET: signingSecret,
              };
              const printed = await run(["webhook"], { env })
                .prints(/webhook service runs/)
                .catch(async (cause: unknown) =>
                  assert.fail(`${String(cause)} Refused: ${(await denied(admin)).join("; ")}`),
                );
              const url = addressIn(printed, "url");
              const adminUrl = addressIn(printed, "admin");
              const { install } = await stack.producer.enqueue(installRequest(1), {});
              const connectorId = await until("the install has a connector", async () => {
                const found = await stack.producer.installs.find(install.id);
                return found?.status === "awaiting_channel" ? found.connectorId : undefined;
              });
              const channel = { id: randomUUID(), status: "active" };
              const events = [
                { connectorId, ...channel },
                { connectorId, ...channel },
                { connectorId, ...channel, id: randomUUID() },
                { connectorId: randomUUID(), ...channel, workspaceId },
                { connectorId: randomUUID(), ...channel, workspaceId: randomUUID() },
                { id: randomUUID(), status: "active" },
                { id: randomUUID(), status: "active", workspaceId: randomUUID() },
                { nothing: true },
                "no json",
              ];
              for (const payload of events)
                assert.equal(
                  await deliver(url, payload),
                  200,
                  JSON.stringify([payload, await denied(admin)]),
                );
              const ended = await stack.producer.waitFor(install.id, { timeoutMs: 10_000 });
              assert.deepEqual([ended.status, ended.completedBy], ["completed", "webhook"]);
              for (const path of [
                `${url}/healthz`,
                `${url}/readyz`,
                `${adminUrl}/metrics`,
                `${adminUrl}/readyz`,
              ])
                assert.equal((await fetch(path)).status, 200, `${path} ${(await denied(admin)).join("; ")}`);
              assert.deepEqual(await denied(admin), []);
              if (shards > 1) return;
              // It may not look whether a shard is empty, so it leaves taking one back to others.
              await registerShardCount({ client: stack.client, keys: createKeys("{perch}", 2) });
              const behind = await run(["webhook"], { env }).ended;
              assert.deepEqual([behind.code, /SHARDS is too small/.test(behind.stderr)], [1, true]);
              await registerShardCount(stack);
              await assertNothingElse(env.REDIS_URL, admin);
            }),
        );
      });
    }));
