import assert from "node:assert/strict";
import test from "node:test";
import type { Redis } from "ioredis";
import { z } from "zod";
import { connectLinkMembers } from "../../src/install/connect-link.ts";
import { createMakeLink } from "../../src/queue/links/make-link.ts";
import { createSeal } from "../../src/queue/secrets/seal.ts";
import { withPerchFolder } from "../support/perch.ts";
import { durable, withRedisServers } from "../support/redis-servers.ts";
import { workspaceId } from "../support/request.ts";
import { quickSettings, type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { readText } from "../unit/deploy/repository.ts";

const password = "a-password-of-the-tests";

/** The rules of the user that docs/deploy.md makes, as they stand there. */
const documentedRules = (): readonly string[] => {
  const [, text = ""] = /ACL SETUSER perch-connect ([\s\S]+?[^\\])\n/.exec(readText("docs/deploy.md")) ?? [];
  return text.replaceAll(/\\\n/g, " ").replaceAll("'", "").replace("PASSWORD", password).trim().split(/\s+/);
};

/** What docs/deploy.md adds where there are several shards. */
const rulesOfShards = (): readonly string[] => {
  const [, text = ""] =
    /connect service, too, with more than one of SHARDS add `([^`]+)`/.exec(readText("docs/deploy.md")) ?? [];
  return text.replaceAll("'", "").split(" ");
};

/** What Redis refused, as `reason object` pairs. */
const denied = async (redis: Redis): Promise<readonly string[]> => {
  const entries = z.array(z.array(z.unknown())).parse(await redis.acl("LOG"));
  return entries.map((entry) => entry.join(" ").slice(0, 160)).filter((text) => !text.includes("setinfo"));
};

const addressIn = (printed: string, member: string): string =>
  new RegExp(`"${member}":"([^"]+)"`).exec(printed)?.[1] ?? assert.fail(printed);

const forbidden = [
  ["GET", `{perch}:access-key:${workspaceId}`],
  ["HGETALL", "{perch}:conn:C"],
  ["HGETALL", "{perch}:event:W:C"],
  ["HGETALL", "{perch}:batch:B"],
  ["HGETALL", "{perch}:notifications:N"],
  ["ZRANGE", "{perch}:outbox", "0", "-1"],
  ["GET", `{perch}:hold:${workspaceId}`],
  ["GET", "another:key"],
  ["SET", "another:key", "1"],
  ["EVAL", "return redis.call('GET', KEYS[1])", "1", `{perch}:access-key:${workspaceId}`],
  ["EVAL", "return redis.call('FLUSHALL')", "0"],
  ...["FLUSHALL", "FLUSHDB", "KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "CONFIG GET *", "MONITOR"],
  ...["SAVE", "SHUTDOWN", "CLIENT LIST", "ACL LIST", "REPLICAOF 127.0.0.1 1", "SCRIPT FLUSH", "SUBSCRIBE c"],
].map((command) => (typeof command === "string" ? command.split(" ") : command));

/** Tries what a stranger who has become this user would. */
const assertNothingElse = async (admin: Redis): Promise<void> => {
  const intruder = admin.duplicate({ username: "perch-connect", password });
  try {
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

const phoneId = "106540352242922";

/** Posts as the page of a link does. @returns the link's status. */
const createPost =
  (admin: Redis, url: string, access: { readonly link: string; readonly secret: string }) =>
  async (name: string, body: object = {}): Promise<string> => {
    const response = await fetch(`${url}/v1/session/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: "https://connect.example.com" },
      body: JSON.stringify({ ...access, ...body }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, `${name} ${text} ${(await denied(admin)).join("; ")}`);
    return z.object({ status: z.string() }).parse(JSON.parse(text)).status;
  };

/** Goes all ways of the protocol with two links, the second for a number that has an install already. */
const connectTwice = async (
  { sandbox, client, keys, sealingKeys }: Stack,
  { admin, url }: { readonly admin: Redis; readonly url: string },
): Promise<void> => {
  sandbox.addMetaObjects({ phones: [{ phoneId, displayPhoneNumber: "+1 415-555-0123" }] });
  const { retentionMs } = quickSettings;
  const makeLink = createMakeLink({ client, keys, seal: createSeal(sealingKeys), retentionMs });
  const signup = { wabaId: "102290129340398", phoneId, event: "FINISH" };
  for (const code of ["CODE-1", "CODE-2"]) {
    const request = connectLinkMembers.parse({ workspaceId, name: "Acme", invitationToken: "secret" });
    const { link, secret } = await makeLink(request, { requestedBy: "crm" });
    const post = createPost(admin, url, { link: link.id, secret });
    for (const name of ["open", "started", "cancelled", "open", "failed", "open", "started"])
      await post(name);
    await post("finish", { ...signup, code });
    await until("the link is connected", async () => (await post("status")) === "connected");
  }
};

for (const shards of [1, 3])
  test(`with ${shards} of SHARDS the connect service does all it does with the rights docs/deploy.md gives its Redis user`, () =>
    withRedisServers(async (startServer) => {
      const server = await startServer(durable);
      await server.use(async (admin) => {
        const rules = [...documentedRules(), ...(shards > 1 ? rulesOfShards() : [])];
        await admin.acl("SETUSER", "perch-connect", ...rules);
        await withStack({ redisUrl: server.url, prefix: "{perch}", shards }, (stack) =>
          withPerchFolder(async ({ run }) => {
            const { meta } = stack.sandbox;
            const env = {
              REDIS_URL: `redis://perch-connect:${password}@127.0.0.1:${server.port}`,
              SEALING_KEYS: stack.sealingKeyText,
              CONNECT_PUBLIC_URL: "https://connect.example.com",
              CONNECT_PORT: "0",
              CONNECT_ADMIN_PORT: "0",
              META_APP_ID: meta.appId,
              META_APP_SECRET: meta.appSecret,
              META_CONFIG_ID: "1",
              META_GRAPH_URL: meta.graphUrl,
              SHARDS: `${shards}`,
            };
            const printed = await run(["connect"], { env })
              .prints(/connect service runs/)
              .catch(async (cause: unknown) =>
                assert.fail(`${String(cause)} Refused: ${(await denied(admin)).join("; ")}`),
              );
            const [url, adminUrl] = [addressIn(printed, "url"), addressIn(printed, "admin")];
            await connectTwice(stack, { admin, url });
            for (const path of [`${url}/readyz`, `${adminUrl}/metrics`, `${adminUrl}/readyz`])
              assert.equal((await fetch(path)).status, 200, `${path} ${(await denied(admin)).join("; ")}`);
            assert.deepEqual(await denied(admin), []);
            if (shards === 1) await assertNothingElse(admin);
          }),
        );
      });
    }));
