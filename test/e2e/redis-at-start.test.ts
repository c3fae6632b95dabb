import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { type Perch, withPerchFolder } from "../support/perch.ts";
import { durable, type RedisServer, withRedisServers } from "../support/redis-servers.ts";
import { until } from "../support/until.ts";

const roles = ["worker", "api", "webhook"] as const;

const withRoles = (
  use: (deps: {
    readonly server: RedisServer;
    readonly restart: (options: readonly string[]) => Promise<RedisServer>;
    readonly runAll: (url: string) => readonly Perch[];
  }) => Promise<void>,
): Promise<void> =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    await withPerchFolder(({ run }) => {
      const runAll = (url: string) => {
        const env = {
          REDIS_URL: url,
          SEALING_KEYS: generateSealingKey(),
          BIRD_API_URL: "http://127.0.0.1:9",
          BIRD_ACCESS_KEY: "a-key-that-no-request-has",
          WEBHOOK_PUBLIC_URL: "https://perch.example.com",
          WEBHOOK_SIGNING_SECRET: "a secret that nobody signs with",
          API_PORT: "0",
          WEBHOOK_PORT: "0",
        };
        return roles.map((role) => run([role], { env }));
      };
      const restart = async (options: readonly string[]) => {
        await server.kill();
        return start(options, server.port);
      };
      return use({ server, restart, runAll });
    });
  });

/** Where each role says whether it is ready: the webhook service's own port, the worker's of its own. */
const readyUrls = async (perches: readonly Perch[]): Promise<readonly string[]> =>
  Promise.all(
    perches.map(async (perch) => {
      const text = await perch.prints(/"msg":"(worker|API|webhook service) runs"/);
      const [, url] = /"(?:admin|url)":"(http:[^"]+)"/.exec(text) ?? [];
      return `${url ?? assert.fail(text)}/readyz`;
    }),
  );

const untilReady = async (perches: readonly Perch[]): Promise<void> => {
  for (const url of await readyUrls(perches))
    await until(`${url} is ready`, async () => (await fetch(url)).status === 200);
};

const states = [
  { reason: "full", set: ["CONFIG", "SET", "maxmemory", "1000"], unset: ["CONFIG", "SET", "maxmemory", "0"] },
  {
    reason: "too_few_replicas",
    set: ["CONFIG", "SET", "min-replicas-to-write", "1"],
    unset: ["CONFIG", "SET", "min-replicas-to-write", "0"],
  },
  { reason: "read_only", set: ["REPLICAOF", "127.0.0.1", "1"], unset: ["REPLICAOF", "NO", "ONE"] },
] as const;

for (const { reason, set, unset } of states)
  test(`a role that starts while Redis is ${reason} says so, waits, and goes on by itself`, () =>
    withRoles(async ({ server, runAll }) => {
      await server.use((redis) => redis.call(set[0], ...set.slice(1)));
      const perches = runAll(server.url);
      const says = new RegExp(`"reason":"${reason}".*"msg":"Redis takes no work`);
      for (const perch of perches) await perch.prints(says);
      await server.use((redis) => redis.call(unset[0], ...unset.slice(1)));
      await untilReady(perches);
    }));

for (const { sentence, change } of [
  {
    sentence: /^Redis refuses the user or the password of REDIS_URL\. Correct .*$/m,
    change: ["resetpass", ">another"],
  },
  { sentence: /^The user of REDIS_URL may not do what Perch needs\. Give .*$/m, change: ["-@scripting"] },
] as const)
  test(`a role that starts with a user whom Redis refuses (${change[0]}) ends with a sentence`, () =>
    withRoles(async ({ server, runAll }) => {
      await server.use((redis) =>
        redis.call("ACL", "SETUSER", "perch", "on", ">secret", "~*", "&*", "+@all", ...change),
      );
      for (const { ended } of runAll(server.url.replace("redis://", "redis://perch:secret@"))) {
        const { code, stderr, stdout } = await ended;
        assert.equal(code, 1);
        assert.match(stderr, sentence);
        assert.doesNotMatch(`${stdout}${stderr}`, /\n\s+at |secret@/);
      }
    }));

test("a role that starts while Redis loads its data says so, waits, and goes on by itself", () =>
  withRoles(async ({ server, restart, runAll }) => {
    await server.use(async (redis) => {
      await redis.mset(...Array.from({ length: 400 }, (_, n) => [`other:${n}`, randomBytes(1024)]).flat());
      await redis.bgrewriteaof();
      await until("its file is written anew", async () =>
        /aof_rewrite_in_progress:0/.test(await redis.info("persistence")),
      );
    });
    // Thirty milliseconds a key, and an answer after each: a big file in small.
    const slow = ["--key-load-delay", "30000", "--loading-process-events-interval-bytes", "1024"];
    const { url } = await restart([...durable, ...slow]);
    const perches = runAll(url);
    for (const perch of perches) await perch.prints(/"reason":"loading".*Redis loads its data/);
    await untilReady(perches);
  }));
