import assert from "node:assert/strict";
import test from "node:test";
import { startAdmin } from "../../src/metrics/admin-server.ts";
import { RedisUnavailableError } from "../../src/producer/index.ts";
import { createNotifications } from "../../src/queue/outbox/notifications.ts";
import { createWriteProbe } from "../../src/queue/redis-state/write-probe.ts";
import { createApiClient } from "../support/api-client.ts";
import { durable, type RedisServer, withRedisServers } from "../support/redis-servers.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";

/** Runs a test against a stack on a Redis server of its own, and collects what is logged. */
const withOwnRedis = (
  options: StackOptions,
  run: (stack: Stack, redis: RedisServer, lines: () => readonly Line[]) => Promise<void>,
): Promise<void> =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    const lines: Line[] = [];
    const onLogLine = (line: string): void => {
      lines.push(JSON.parse(line));
    };
    await withStack({ redisUrl: server.url, onLogLine, ...options }, (stack) =>
      run(stack, server, () => lines),
    );
  });

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly reason?: string;
}

const fill = (redis: RedisServer) => redis.use((client) => client.config("SET", "maxmemory", "1000"));
const makeRoom = (redis: RedisServer) => redis.use((client) => client.config("SET", "maxmemory", "0"));

const refusal = "Redis takes no work: Perch waits and goes on by itself";
const isRefusal = ({ msg }: Line): boolean => msg === refusal;
const untilSaid = (lines: () => readonly Line[], message: string): Promise<unknown> =>
  until(`"${message}" is logged`, async () => lines().some(({ msg }) => msg === message));

/** Bird answers 300 ms later, so what is done at once meets runs whose create is out. */
const untilSent = (lines: () => readonly Line[]): Promise<unknown> =>
  until(
    "two are on their way to Bird",
    async () => lines().filter(({ msg }) => msg === "install is sent to Bird").length >= 2,
  );

const countBy = async ({ producer }: Stack, ids: readonly string[]): Promise<Record<string, number>> => {
  const installs = await producer.installs.findMany(ids);
  const groups = Object.groupBy(installs, (install) => install?.status ?? "gone");
  return Object.fromEntries(Object.entries(groups).map(([status, all]) => [status, all?.length ?? 0]));
};

const enqueue = async ({ producer }: Stack, count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await producer.enqueue(installRequest(n))).install.id);
  return ids;
};

const slow = [{ times: "always", fault: { kind: "slow", delayMs: 300 } }] as const;

/** What both of the next two end in. */
const assertAllCompleted = async (stack: Stack, ids: readonly string[]): Promise<void> => {
  for (const id of ids)
    assert.equal((await stack.producer.waitFor(id, { timeoutMs: 30_000 })).status, "completed");
  const { creates, connectors } = stack.sandbox.report();
  assert.equal(connectors.length, ids.length);
  assert.equal(Math.max(...Object.values(creates)), 1, "no number is created twice");
};

test("a full Redis ends no install of a backlog and makes none twice", () =>
  withOwnRedis(
    {
      startsPaused: true,
      worker: { concurrency: 4, notifyUrl: "https://example.invalid/hook" },
      sandbox: { channelDelayMs: 0, eventRepeatMs: Array(60).fill(300), faults: slow },
    },
    async (stack, redis, lines) => {
      const ids = await enqueue(stack, 20);
      await stack.startAnotherWorker({}, { lockDurationMs: 30_000, stalledIntervalMs: 1000 });
      await untilSent(lines);
      await fill(redis);
      await untilSaid(lines, refusal);
      // Longer than the backoff of all eight attempts that BullMQ would have counted.
      const { refused } = stack.sandbox.report().events;
      await until(
        "events come and are refused",
        async () => stack.sandbox.report().events.refused > refused + 4,
      );
      const { failed = 0 } = await countBy(stack, ids);
      assert.equal(failed, 0);
      await makeRoom(redis);
      await assertAllCompleted(stack, ids);
      assert.equal(
        lines().filter(isRefusal).length <= 2,
        true,
        "the worker and the webhook service say so once",
      );
      await untilSaid(lines, "Redis takes work again");
      const { client, keys } = stack;
      const notifications = createNotifications({
        client,
        keys,
        digests: testDigests,
        now: Date.now,
        retentionMs: 3_600_000,
      });
      await until("all ends are told", async () => {
        const { items } = await notifications.list({ limit: 100 });
        return items.length === 20 && items.every(({ type }) => type === "install.completed");
      });
      await notifications.close();
    },
  ));

test("locks that end while Redis is full lead to no second connector", () =>
  withOwnRedis(
    {
      startsPaused: true,
      worker: { concurrency: 4, requestTimeoutMs: 600 },
      sandbox: { channelDelayMs: 0, eventRepeatMs: Array(60).fill(300), faults: slow },
    },
    async (stack, redis, lines) => {
      const ids = await enqueue(stack, 8);
      await stack.startAnotherWorker({}, { lockDurationMs: 400, stalledIntervalMs: 100 });
      await untilSent(lines);
      await fill(redis);
      await untilSaid(lines, refusal);
      await until("every lock has ended", async () => {
        const locks = await Promise.all(
          ids.map((id) => stack.client.exists(stack.keys.ofInstall(id).lock(id))),
        );
        return locks.every((lock) => lock === 0);
      });
      await makeRoom(redis);
      await assertAllCompleted(stack, ids);
    },
  ));

test("a Redis that has too few replicas for 3 s ends no install under way and makes none twice", () =>
  withOwnRedis(
    {
      startsPaused: true,
      worker: { concurrency: 4 },
      sandbox: { channelDelayMs: 0, eventRepeatMs: Array(60).fill(300), faults: slow },
    },
    async (stack, redis, lines) => {
      const ids = await enqueue(stack, 20);
      await stack.startAnotherWorker();
      await untilSent(lines);
      await redis.use((client) => client.config("SET", "min-replicas-to-write", "1"));
      const refusedAtMs = performance.now();
      await untilSaid(lines, refusal);
      await until("3 s are over", async () => performance.now() - refusedAtMs >= 3000);
      const { completed = 0, failed = 0 } = await countBy(stack, ids);
      assert.equal(failed, 0);
      assert.ok(completed < 20, "installs are under way");
      await redis.use((client) => client.config("SET", "min-replicas-to-write", "0"));
      await assertAllCompleted(stack, ids);
    },
  ));

/** Settings under which Redis answers reads and refuses writes, and what that is called. */
const refusals = [
  { reason: "full", set: ["maxmemory", "1000"], unset: ["maxmemory", "0"] },
  { reason: "too_few_replicas", set: ["min-replicas-to-write", "1"], unset: ["min-replicas-to-write", "0"] },
] as const;

for (const { reason, set, unset } of refusals) {
  test(`every role says that Redis is ${reason}, and is ready again by itself`, () =>
    withOwnRedis({}, async (stack, redis, lines) => {
      await using opened = new AsyncDisposableStack();
      const { client, keys, webhook, startAnApi } = stack;
      const probe = createWriteProbe({ client, keys });
      const admin = await startAdmin({
        host: "127.0.0.1",
        port: 0,
        expose: async () => ({ contentType: "text/plain", text: "" }),
        obstacle: async () => (await probe())?.kind,
      });
      opened.defer(admin.close);
      const call = createApiClient((await startAnApi()).url);
      const urls = [(await startAnApi()).url, webhook.url, admin.url];
      const statuses = () => Promise.all(urls.map(async (url) => (await fetch(`${url}/readyz`)).status));
      assert.deepEqual(await statuses(), [200, 200, 200]);

      await redis.use((own) => own.config("SET", ...set));
      await until("none is ready", async () => (await statuses()).every((status) => status === 503));
      for (const url of urls)
        assert.match(await (await fetch(`${url}/readyz`)).text(), new RegExp(`"${reason}"`));
      const refused = await call("/v1/installs", { json: installRequest(1) });
      assert.equal(refused.status, 503);
      assert.deepEqual([refused.body.code, refused.body.reason], ["unavailable", reason]);
      assert.ok(Number(refused.headers.get("retry-after")) > 0);
      assert.equal((await call("/v1/installs")).status, 200, "reads go on");
      await until("a scrape shows the reason", async () =>
        (await stack.metrics.expose()).text.includes(`\nperch_redis_refuses{reason="${reason}"} 1\n`),
      );
      await assert.rejects(stack.producer.enqueue(installRequest(2)), (error) => {
        assert.ok(error instanceof RedisUnavailableError);
        assert.equal(error.reason, reason);
        return true;
      });

      await redis.use((own) => own.config("SET", ...unset));
      await until("all are ready", async () => (await statuses()).every((status) => status === 200));
      await until("a scrape shows none", async () => {
        const { text } = await stack.metrics.expose();
        return /^perch_redis_refuses/m.test(text) && !/^perch_redis_refuses.* 1$/m.test(text);
      });
      await untilSaid(lines, "Redis takes work again");
      const { install } = await stack.producer.enqueue(installRequest(3));
      assert.equal((await stack.producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "completed");
    }));
}

test("an idle worker waits quietly while Redis is full", () =>
  withOwnRedis({}, async ({ client, keys }, redis, lines) => {
    const before = lines().length;
    await fill(redis);
    await untilSaid(lines, refusal);
    const probe = createWriteProbe({ client, keys });
    const startMs = performance.now();
    const { user: beforeUs } = process.cpuUsage();
    await until("three seconds have passed", async () => {
      assert.equal((await probe())?.kind, "full");
      return performance.now() - startMs > 3000;
    });
    const busyMs = (process.cpuUsage().user - beforeUs) / 1000;
    const written = lines().slice(before);
    assert.ok(written.length <= 2, JSON.stringify(written));
    assert.ok(busyMs < 1500, `it was busy for ${busyMs} ms of 3000`);
    await makeRoom(redis);
    await untilSaid(lines, "Redis takes work again");
  }));

test("a worker follows a failover although its server has become a replica", () =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    const other = await start(durable);
    const lines: Line[] = [];
    const onLogLine = (line: string): void => {
      lines.push(JSON.parse(line));
    };
    const sandbox = { channelDelayMs: 0, eventRepeatMs: Array(60).fill(300) };
    await withStack({ redisUrl: server.url, onLogLine, sandbox }, async (stack) => {
      const ids = await enqueue(stack, 3);
      for (const id of ids) await stack.producer.waitFor(id, { timeoutMs: 10_000 });
      await other.use(async (redis) => redis.replicaof("127.0.0.1", server.port));
      await until("the other has everything", async () =>
        other.use(async (redis) => (await redis.info("replication")).includes("master_link_status:up")),
      );
      await other.use(async (redis) => redis.replicaof("NO", "ONE"));
      await server.use((redis) => redis.replicaof("127.0.0.1", other.port));
      await untilSaid(() => lines, refusal);
      assert.deepEqual([...new Set(lines.filter(isRefusal).map(({ reason }) => reason))], ["read_only"]);
      await assert.rejects(
        stack.producer.enqueue(installRequest(5)),
        (error) => error instanceof RedisUnavailableError && error.reason === "read_only",
      );
      await server.use((redis) => redis.replicaof("NO", "ONE"));
      const { install } = await until("it takes installs again", () =>
        stack.producer.enqueue(installRequest(5)).catch(() => undefined),
      );
      assert.equal((await stack.producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "completed");
    });
  }));

test("a user without write access is reported as such, and a worker continues once it has it", () =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    await server.use((redis) => redis.call("ACL", "SETUSER", "perch", "on", ">secret", "~*", "&*", "+@all"));
    const redisUrl = server.url.replace("redis://", "redis://perch:secret@");
    const lines: Line[] = [];
    const onLogLine = (line: string): void => {
      lines.push(JSON.parse(line));
    };
    await withStack({ redisUrl, onLogLine }, async (stack) => {
      const call = createApiClient((await stack.startAnApi()).url);
      await server.use((redis) =>
        redis.call("ACL", "SETUSER", "perch", "-set", "-hset", "-eval", "-evalsha"),
      );
      await until("it is not ready", async () => (await call("/readyz")).body.reason === "forbidden");
      await assert.rejects(
        stack.producer.enqueue(installRequest(1)),
        (error) => error instanceof RedisUnavailableError && error.reason === "forbidden",
      );
      await server.use((redis) => redis.call("ACL", "SETUSER", "perch", "+@all"));
      const { install } = await stack.producer.enqueue(installRequest(1));
      assert.equal((await stack.producer.waitFor(install.id, { timeoutMs: 30_000 })).status, "completed");
      assert.ok(!JSON.stringify(lines).includes("secret"));
    });
  }));

test("a password that changes under running workers is named, and fails no install", () =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    const setUser = (...rules: readonly string[]) =>
      server.use((redis) => redis.call("ACL", "SETUSER", "perch", ...rules));
    await setUser("on", ">secret", "~*", "&*", "+@all");
    const lines: Line[] = [];
    const onLogLine = (line: string): void => {
      lines.push(JSON.parse(line));
    };
    const redisUrl = server.url.replace("redis://", "redis://perch:secret@");
    const sandbox = { channelDelayMs: 0, eventRepeatMs: Array(60).fill(300), faults: slow };
    const worker = { concurrency: 4 };
    await withStack({ redisUrl, onLogLine, startsPaused: true, worker, sandbox }, async (stack) => {
      await using opened = new AsyncDisposableStack();
      const call = createApiClient((await stack.startAnApi()).url);
      const ids = await enqueue(stack, 12);
      await stack.startAnotherWorker({}, { lockDurationMs: 30_000, stalledIntervalMs: 1000 });
      await untilSent(() => lines);
      // Whatever fails here: a stack cannot close without its Redis.
      opened.defer(async () => {
        await setUser("resetpass", ">secret");
      });
      await setUser("resetpass", ">another");
      await server.use((redis) => redis.call("CLIENT", "KILL", "USER", "perch"));
      // First comes the loss of the connection, then what Redis says to the next.
      await until("it says which", async () =>
        lines.filter(isRefusal).some(({ reason }) => reason === "wrong_password"),
      );
      await until("it is not ready", async () => (await call("/readyz")).body.reason === "wrong_password");
      // Each connection hears it with its own next attempt.
      await until("the producer says so", () =>
        stack.producer.enqueue(installRequest(20)).then(
          () => false,
          (error) => error instanceof RedisUnavailableError && error.reason === "wrong_password",
        ),
      );
      await setUser("resetpass", ">secret");
      await assertAllCompleted(stack, ids);
      await untilSaid(() => lines, "Redis takes work again");
      assert.ok(!/secret|another/.test(JSON.stringify(lines)));
    });
  }));

test("while Redis loads its data every role says so, and goes on by itself", () =>
  withRedisServers(async (start) => {
    const first = await start(durable);
    const keysOfOthers = Array.from({ length: 400 }, (_, n) => [`other:${n}`, "x"]).flat();
    await first.use((redis) => redis.mset(...keysOfOthers));
    const lines: Line[] = [];
    const onLogLine = (line: string): void => {
      lines.push(JSON.parse(line));
    };
    await withStack({ redisUrl: first.url, onLogLine }, async (stack) => {
      const { install } = await stack.producer.enqueue(installRequest(1));
      await stack.producer.waitFor(install.id, { timeoutMs: 10_000 });
      const call = createApiClient((await stack.startAnApi()).url);
      await first.use((redis) => redis.bgrewriteaof());
      await until("its file is rewritten", async () =>
        first.use(async (redis) => /aof_rewrite_in_progress:0/.test(await redis.info("persistence"))),
      );
      await first.kill();
      // Ten milliseconds a key: a big file in small.
      const again = await start([...durable, "--key-load-delay", "10000"], first.port);
      await until("the API says so", async () => (await call("/readyz")).body.reason === "loading");
      // Its connection of its own comes back a moment later or earlier than the API's.
      await until("the producer says so", () =>
        stack.producer.enqueue(installRequest(2)).then(
          () => assert.fail("nothing is taken while Redis loads"),
          (error: unknown) => error instanceof RedisUnavailableError && error.reason === "loading",
        ),
      );
      const next = await until("it takes installs again", () =>
        stack.producer.enqueue(installRequest(2)).catch(() => undefined),
      );
      assert.equal(
        (await stack.producer.waitFor(next.install.id, { timeoutMs: 10_000 })).status,
        "completed",
      );
      assert.equal(again.port, first.port);
    });
  }));
