import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { z } from "zod";
import { type InputError, parseInput } from "../../src/install/errors/input-error.ts";
import { installRequestSchema } from "../../src/install/request.ts";
import {
  type EnqueuedRow,
  IdempotencyKeyReusedError,
  InstallNotFoundError,
  WaitTimeoutError,
} from "../../src/producer/index.ts";
import { createProducer, type Producer } from "../../src/producer/producer.ts";
import { createIdempotency } from "../../src/queue/installs/idempotency.ts";
import { createKeptDigests } from "../../src/queue/secrets/kept-digests.ts";
import { generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { testPrefix, testRedisUrl } from "../support/redis.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { startPrivateRedis, withPrivateRedis } from "./private-redis.ts";
import { type TestQueue, withQueue } from "./queue-fixture.ts";

const sealingKeys = generateSealingKey();
const producerSource = new URL("../../src/producer/producer.ts", import.meta.url).href;

/** A producer and its queue, without a worker. */
const withProducer = (
  run: (producer: Producer, queue: TestQueue) => Promise<void>,
  { sealingKeys = generateSealingKey(), now = Date.now } = {},
): Promise<void> =>
  withQueue(async (queue) => {
    const options = { redisUrl: testRedisUrl(), prefix: queue.keys.prefix };
    const producer = await createProducer({ ...options, sealingKeys }, { now });
    try {
      await run(producer, queue);
    } finally {
      await producer.close();
    }
  });

test("a request becomes a queued install, shown without its secrets", () =>
  withProducer(async (producer, { queue, keys, client }) => {
    const request = installRequest(1, { invitationToken: "INVITE", metadata: { customer: "42" } });
    const { install, created } = await producer.enqueue(request);
    assert.equal(created, true);
    assert.equal(install.status, "queued");
    assert.equal(install.attempts, 0);
    assert.equal(install.phoneNumber, request.phoneNumber);
    assert.deepEqual(install.metadata, { customer: "42" });
    assert.ok(!("accessToken" in install || "invitationToken" in install || "sealed" in install));
    const job = await queue.getJob(install.id);
    assert.deepEqual([job?.name, job?.opts.priority, job?.opts.attempts], ["install", 10, 1_000_000]);
    const kept = JSON.stringify(await client.hgetall(keys.ofInstall(install.id).job(install.id)));
    assert.match(kept, /sealed/);
    assert.doesNotMatch(kept, /TEST-TOKEN|INVITE/);
  }));

test("requests of a batch queue behind single ones unless they say otherwise", () =>
  withProducer(async (producer, { queue }) => {
    const single = await producer.enqueue(installRequest(1, { priority: "bulk" }));
    assert.equal((await queue.getJob(single.install.id))?.opts.priority, 1_000_000);
    const requests = [installRequest(2), installRequest(3, { priority: "interactive" })];
    const rows = await Array.fromAsync(producer.enqueueMany(requests, { batchName: "b" }));
    const priorities = await Promise.all(
      rows.map(async (row) => (await queue.getJob(idOf(row)))?.opts.priority),
    );
    assert.deepEqual(priorities, [1_000_000, 10]);
  }));

test("a request that breaks its schema is refused and nothing is enqueued", () =>
  withProducer(async (producer, { queue, client, keys }) => {
    await assert.rejects(
      producer.enqueue({ ...installRequest(), wabaId: "x", name: "" }),
      (error: InputError) => {
        assert.deepEqual(error.issues.map(({ path }) => path).sort(), ["/name", "/wabaId"]);
        return true;
      },
    );
    assert.equal(await queue.count(), 0);
    assert.equal(await client.exists(keys.installs), 0);
  }));

test("enqueuing twice gives the same install, created once", () =>
  withProducer(async (producer, { queue }) => {
    const first = await producer.enqueue(installRequest(1));
    const second = await producer.enqueue(installRequest(1, { name: "Another name" }));
    assert.deepEqual([first.created, second.created], [true, false]);
    assert.equal(second.install.id, first.install.id);
    assert.equal(second.install.name, first.install.name);
    assert.equal(await queue.count(), 1);
  }));

test("bug: createdAt of a new install is not what the install says when it is looked at", () =>
  withProducer(
    async (producer) => {
      const { install } = await producer.enqueue(installRequest(1));
      const found = await producer.installs.find(install.id);
      assert.equal(found?.createdAt, install.createdAt);
    },
    { now: () => Date.UTC(2026, 0, 1) },
  ));

test("the same idempotency key with the same body is the same install, in whatever writing", () =>
  withProducer(async (producer, { queue }) => {
    const options = { idempotencyKey: "order 7" };
    const first = await producer.enqueue(installRequest(1), options);
    const second = await producer.enqueue(installRequest(1, { phoneNumber: "001 (415) 555-0101" }), options);
    assert.deepEqual([first.created, second.created], [true, false]);
    assert.equal(second.install.id, first.install.id);
    assert.equal(await queue.count(), 1);
  }));

test("the same idempotency key stands for its install even when that has failed", () =>
  withProducer(async (producer, queue) => {
    const options = { idempotencyKey: "k" };
    const { install } = await producer.enqueue(installRequest(1), options);
    await queue.start("t");
    await queue.fail(install.id, "t");
    const again = await producer.enqueue(installRequest(1), options);
    assert.deepEqual([again.created, again.install.id, again.install.status], [false, install.id, "failed"]);
  }));

test("the same idempotency key with another body names what differs, by name only", () =>
  withProducer(async (producer, { queue }) => {
    const options = { idempotencyKey: "k" };
    await producer.enqueue(installRequest(1), options);
    const changed = installRequest(1, {
      name: "OTHER-NAME",
      accessToken: "OTHER-TOKEN",
      mbPhoneId: installRequest().workspaceId,
    });
    await assert.rejects(producer.enqueue(changed, options), (error) => {
      assert.ok(error instanceof IdempotencyKeyReusedError);
      assert.equal(error.code, "idempotency_key_reused");
      assert.deepEqual(error.fields.toSorted(), ["accessToken", "mbPhoneId", "name"]);
      for (const field of error.fields) assert.ok(error.message.includes(field));
      assert.doesNotMatch(`${error.message}${JSON.stringify(error)}`, /OTHER|TEST-TOKEN/);
      return true;
    });
    assert.equal(await queue.count(), 1);
  }));

test("a member left out the second time counts as another body", () =>
  withProducer(async (producer) => {
    const options = { idempotencyKey: "k" };
    await producer.enqueue(installRequest(1, { metadata: { a: "1" } }), options);
    await assert.rejects(producer.enqueue(installRequest(1), options), { fields: ["metadata"] });
  }));

test("bug: the same metadata with its members in another order counts as another body", () =>
  withProducer(async (producer) => {
    const options = { idempotencyKey: "k" };
    const first = await producer.enqueue(installRequest(1, { metadata: { a: "1", b: "2" } }), options);
    const second = await producer.enqueue(installRequest(1, { metadata: { b: "2", a: "1" } }), options);
    assert.equal(second.install.id, first.install.id);
  }));

test("other idempotency keys do not make a second install of a number", () =>
  withProducer(async (producer, { queue }) => {
    const first = await producer.enqueue(installRequest(1), { idempotencyKey: "a" });
    const second = await producer.enqueue(installRequest(1), { idempotencyKey: "b" });
    assert.equal(second.install.id, first.install.id);
    assert.equal(await queue.count(), 1);
  }));

test("a producer killed between reserving an id and adding its job is made good by the repeat", () =>
  withProducer(
    async (producer, { client, keys, queue }) => {
      const request = parseInput(installRequestSchema, installRequest(1));
      const digests = createKeptDigests(readSealingKeys(sealingKeys));
      const { reserve } = createIdempotency({ client, keys, digests });
      const use = { namespace: "library", key: "k" };
      assert.equal(await reserve(use, { request, newId: "01RESERVED" }), "01RESERVED");
      const { install, created } = await producer.enqueue(installRequest(1), { idempotencyKey: "k" });
      assert.deepEqual([install.id, created], ["01RESERVED", true]);
      assert.equal(await queue.getJobState("01RESERVED"), "prioritized");
    },
    { sealingKeys },
  ));

test("one idempotency key used by many at once reserves one id", () =>
  withProducer(async (producer, { queue }) => {
    const calls = Array.from({ length: 50 }, () =>
      producer.enqueue(installRequest(1), { idempotencyKey: "k" }),
    );
    const ids = (await Promise.all(calls)).map(({ install }) => install.id);
    assert.equal(new Set(ids).size, 1);
    assert.equal(await queue.count(), 1);
  }));

test("an idempotency key is remembered for 48 hours, as a digest, and without the token", () =>
  withProducer(async (producer, { client, keys }) => {
    await producer.enqueue(installRequest(1), { idempotencyKey: "CANARY-KEY" });
    const [key = "", ...others] = await client.keys(keys.idempotency("*"));
    assert.deepEqual(others, []);
    assert.doesNotMatch(key + (await client.get(key)), /CANARY-KEY|TEST-TOKEN/);
    const leftMs = await client.pttl(key);
    assert.ok(leftMs > 47 * 3_600_000 && leftMs <= 48 * 3_600_000, String(leftMs));
  }));

const idOf = (row: EnqueuedRow): string => ("install" in row ? row.install.id : "rejected");

/** Requests for these numbers; undefined makes a bad one. */
const requestsFor = (numbers: readonly (number | undefined)[]): unknown[] =>
  numbers.map((n) => (n === undefined ? { wabaId: "x" } : installRequest(n)));

test("many requests come back in their order over groups, and a bad one stops nothing", () =>
  withProducer(async (producer, { queue }) => {
    const numbers = Array.from({ length: 520 }, (_, index) => (index % 100 === 7 ? undefined : index));
    const rows = await Array.fromAsync(producer.enqueueMany(requestsFor(numbers)));
    assert.deepEqual(
      rows.map(({ row }) => row),
      numbers.map((_, index) => index + 1),
    );
    for (const [index, row] of rows.entries()) {
      if (numbers[index] === undefined) assert.ok("errors" in row && row.errors.length > 5);
      else assert.equal("install" in row && row.install.name, `Acme ${numbers[index]}`);
    }
    assert.equal(await queue.count(), 514);
    assert.deepEqual(idsInOrder(rows), idsInOrder(rows).toSorted(), "ids grow with the rows");
  }));

const idsInOrder = (rows: readonly EnqueuedRow[]): string[] =>
  rows.map(idOf).filter((id) => id !== "rejected");

test("a number that is repeated within a group and across groups joins its first row", () =>
  withProducer(async (producer, { queue }) => {
    const numbers = Array.from({ length: 300 }, (_, index) => (index === 5 || index === 299 ? 0 : index));
    const rows = await Array.fromAsync(producer.enqueueMany(requestsFor(numbers)));
    for (const index of [5, 299]) {
      const row = rows[index];
      assert.equal(row && idOf(row), rows[0] && idOf(rows[0]));
      assert.equal(row && "created" in row && row.created, false);
    }
    assert.equal(await queue.count(), 298);
  }));

test("requests are read no further ahead than one group", () =>
  withProducer(async (producer) => {
    let read = 0;
    const requests = (function* () {
      for (; read < 10_000; read += 1) yield installRequest(read);
    })();
    for await (const { row } of producer.enqueueMany(requests)) if (row === 1) break;
    assert.ok(read <= 250, String(read));
  }));

test("a named batch records every row and is closed with their count", () =>
  withProducer(async (producer) => {
    const bad = { ...installRequest(2), wabaId: "x", accesToken: "MISTYPED", accessToken: "EAAG-BAD-ROW" };
    const requests = [installRequest(1), bad, installRequest(1)];
    const rows = await Array.fromAsync(producer.enqueueMany(requests, { batchName: "March" }));
    const [first] = rows;
    const batchId = (first && "install" in first && first.install.batchId) || "";
    const installId = first === undefined ? "" : idOf(first);
    const header = await producer.batches.find(batchId);
    assert.deepEqual([header?.name, header?.status, header?.rows], ["March", "running", 3]);
    const recorded = await Array.fromAsync(producer.batches.rows(batchId));
    const [one, two, three] = recorded;
    assert.deepEqual([one?.row, one?.record], [1, { installId, attached: false }]);
    assert.deepEqual([three?.row, three?.record], [3, { installId, attached: true }]);
    assert.ok(two !== undefined && "errors" in two.record);
    assert.deepEqual(two.record.errors.map(({ path }) => path).sort(), ["/accesToken", "/wabaId"]);
    assert.equal(two.record.input.phoneId, bad.phoneId);
    assert.doesNotMatch(JSON.stringify(recorded), /MISTYPED|EAAG/);
  }));

test("a batch whose source breaks off, or whose reader leaves, stays open, and a repeat goes on with it", () =>
  withProducer(async (producer) => {
    const broken = (function* () {
      yield installRequest(1);
      throw new Error("the file is cut off");
    })();
    await assert.rejects(Array.fromAsync(producer.enqueueMany(broken, { batchName: "broken" })), /cut off/);
    const left = requestsFor([2, 3]);
    for await (const _ of producer.enqueueMany(left, { batchName: "left" })) break;
    const batches = async () =>
      (await producer.batches.list({ limit: 10 })).items
        .map(({ name, status, rows }) => [name, status, rows])
        .sort();
    assert.deepEqual(await batches(), [
      ["broken", "importing", 1],
      ["left", "importing", 2],
    ]);
    await Array.fromAsync(producer.enqueueMany([installRequest(1)], { batchName: "broken" }));
    await Array.fromAsync(producer.enqueueMany(left, { batchName: "left" }));
    assert.deepEqual(await batches(), [
      ["broken", "running", 1],
      ["left", "running", 2],
    ]);
  }));

test("a name for a batch of nothing makes an empty batch that has finished", () =>
  withProducer(async (producer) => {
    assert.deepEqual(await Array.fromAsync(producer.enqueueMany([], { batchName: "empty" })), []);
    const { items } = await producer.batches.list({ limit: 10 });
    assert.deepEqual(
      items.map(({ name, status, rows }) => [name, status, rows]),
      [["empty", "finished", 0]],
    );
  }));

test("waiting for an install without a worker ends with a time-out, and the install continues", () =>
  withProducer(async (producer) => {
    const { install } = await producer.enqueue(installRequest(1));
    const startedMs = performance.now();
    await assert.rejects(producer.waitFor(install.id, { timeoutMs: 60 }), (error) => {
      assert.ok(error instanceof WaitTimeoutError);
      assert.equal(error.code, "wait_timeout");
      assert.ok(error.message.includes(install.id));
      return true;
    });
    assert.ok(performance.now() - startedMs >= 59);
    assert.equal((await producer.installs.find(install.id))?.status, "queued");
  }));

test("waiting for an unknown install fails at once", () =>
  withProducer(async (producer) => {
    await assert.rejects(producer.waitFor("01GONE"), (error) => {
      assert.ok(error instanceof InstallNotFoundError);
      assert.equal(error.code, "install_not_found");
      return true;
    });
  }));

test("a waiter gets the failure, and a later one that the install was removed", () =>
  withProducer(async (producer, queue) => {
    const { install } = await producer.enqueue(installRequest(1));
    await queue.start("t");
    const waiting = producer.waitFor(install.id, { timeoutMs: 9000 });
    await queue.fail(install.id, "t");
    assert.equal((await waiting).status, "failed");
    const job = await queue.queue.getJob(install.id);
    await job?.remove();
    await assert.rejects(producer.waitFor(install.id), { code: "install_not_found" });
  }));

test("an install that has ended already is returned at once, however it ended", async () => {
  const faults = [{ phoneId: installRequest(2).phoneId, fault: { kind: "status", status: 422 } } as const];
  await withStack({ sandbox: { faults } }, async ({ producer }) => {
    for (const [n, status] of [
      [1, "completed"],
      [2, "failed"],
    ] as const) {
      const { install } = await producer.enqueue(installRequest(n));
      const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
      assert.equal(ended.status, status);
      assert.deepEqual(await producer.waitFor(install.id, { timeoutMs: 0 }), ended);
    }
  });
});

test("many waiters for many installs each get their own", async () => {
  await withStack({}, async ({ producer }) => {
    const rows = await Array.fromAsync(producer.enqueueMany(requestsFor([...Array(30).keys()])));
    const ended = await Promise.all(rows.map((row) => producer.waitFor(idOf(row), { timeoutMs: 15_000 })));
    assert.deepEqual(
      ended.map(({ id }) => id),
      rows.map(idOf),
    );
    for (const { status, channelId, completedAt } of ended) {
      assert.equal(status, "completed");
      assert.ok(channelId !== undefined && completedAt !== undefined);
    }
  });
});

test("sealing keys that are none are refused before anything is opened", async () => {
  await assert.rejects(createProducer({ redisUrl: "redis://127.0.0.1:1", sealingKeys: "x" }), TypeError);
});

const weakKeys = [
  [
    "32 equal bytes",
    `k:${Buffer.alloc(32, 7).toString("base64url")}`,
    /guessed: make one with perch keys seal/,
  ],
  ["an old key of a pattern", `${generateSealingKey()},old:${patternKey()}`, /guessed/],
  ["one key under two names", `a:${patternKey()},b:${patternKey()}`, /the same key under two names/],
] as const;

function patternKey(): string {
  return Buffer.from("perch123".repeat(4)).toString("base64url");
}

for (const [what, sealingKeys, message] of weakKeys)
  test(`bug: a program that uses the library could seal with ${what}`, async () => {
    // No server listens there: it is refused before anything is opened.
    const options = { redisUrl: "redis://127.0.0.1:1", sealingKeys };
    await assert.rejects(createProducer(options), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /: sealingKeys \(SEALING_KEYS\) must not hold/);
      assert.match(error.message, message);
      assert.ok(!error.message.includes(patternKey()));
      return true;
    });
  });

test("a program may say that its keys can be guessed, but not repeat them", async () => {
  const options = { redisUrl: testRedisUrl(), prefix: testPrefix(), allowGuessableKeys: true };
  const producer = await createProducer({ ...options, sealingKeys: `k:${patternKey()}` });
  await producer.close();
  await assert.rejects(
    createProducer({ ...options, sealingKeys: `a:${patternKey()},b:${patternKey()}` }),
    /the same key under two names/,
  );
});

test("a closed producer takes nothing more and keeps no process alive", async () => {
  const options = { redisUrl: testRedisUrl(), sealingKeys: generateSealingKey(), prefix: testPrefix() };
  const code = `
    import assert from "node:assert/strict";
    import { createProducer } from ${JSON.stringify(producerSource)};
    const producer = await createProducer(${JSON.stringify(options)});
    const { install } = await producer.enqueue(${JSON.stringify(installRequest(1))});
    await assert.rejects(producer.waitFor(install.id, { timeoutMs: 20 }));
    await producer.close();
    await assert.rejects(producer.enqueue(${JSON.stringify(installRequest(2))}));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], { stdio: "inherit" });
  try {
    assert.deepEqual(await once(child, "exit", { signal: AbortSignal.timeout(10_000) }), [0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

const reply = z.object({ code: z.string() });

/** A producer in a process of its own, so that one that cannot be closed does not keep this one alive. */
const withDistantProducer = async (
  redisUrl: string,
  run: (ask: (what: "find" | "wait" | "close") => Promise<string>) => Promise<void>,
): Promise<void> => {
  const code = `
    import { createProducer } from ${JSON.stringify(producerSource)};
    const producer = await createProducer(${JSON.stringify({ redisUrl, sealingKeys: generateSealingKey() })});
    const { install } = await producer.enqueue(${JSON.stringify(installRequest(1))});
    const acts = {
      find: () => producer.installs.find(install.id),
      wait: () => producer.waitFor(install.id, { timeoutMs: 50 }),
      close: () => producer.close(),
    };
    process.on("message", (what) => acts[what]().then(
      () => process.send({ code: "done" }),
      (error) => process.send({ code: String(error.code ?? error.message) }),
    ));
    process.send({ code: "ready" });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const answer = async (): Promise<string> => reply.parse((await once(child, "message"))[0]).code;
  const exited = once(child, "exit");
  try {
    assert.equal(await answer(), "ready");
    await run((what) => {
      child.send(what);
      return answer();
    });
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
};

test("bug: a producer that first waited while Redis was away can never wait again", () =>
  withPrivateRedis(async ({ url, dataDir, stop }) => {
    await withDistantProducer(url, async (ask) => {
      await stop();
      await ask("wait");
      const again = await startPrivateRedis(dataDir);
      try {
        await until("the producer is connected again", async () => (await ask("find")) === "done");
        assert.equal(await ask("wait"), "wait_timeout");
      } finally {
        await again.stop();
      }
    });
  }));

test("bug: a producer cannot be closed while Redis is unreachable", () =>
  withPrivateRedis(async ({ url, stop }) => {
    await withDistantProducer(url, async (ask) => {
      await stop();
      assert.equal(await ask("close"), "done");
    });
  }));

test("bug: more than ten who wait at once make Node warn of a leak", () =>
  withProducer(async (producer) => {
    const { install } = await producer.enqueue(installRequest(1));
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.name);
    process.on("warning", note);
    const waits = Array.from({ length: 30 }, () => producer.waitFor(install.id, { timeoutMs: 100 }));
    await Promise.allSettled(waits);
    process.off("warning", note);
    assert.deepEqual(warnings, []);
  }));
