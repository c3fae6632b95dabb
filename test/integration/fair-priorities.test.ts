import assert from "node:assert/strict";
import test from "node:test";
import { Worker } from "bullmq";
import { createProducer, type Producer } from "../../src/producer/producer.ts";
import { bandOf, createFairPriorities } from "../../src/queue/gate/fair-priorities.ts";
import { installsQueueName } from "../../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { testRedisUrl } from "../support/redis.ts";
import { installRequest } from "../support/request.ts";
import { installData, type TestQueue, withQueue } from "./queue-fixture.ts";

const lastTag = 2_097_151;

/** Names a workspace by a letter. */
const workspace = (letter: string): string => `0b6f2f0c-7d1a-4f0e-9c55-00000000000${letter}`;
const letterOf = (workspaceId: string | undefined): string => workspaceId?.at(-1) ?? "?";

let phone = 0;
const requests = (letter: string, count: number, priority: "bulk" | "interactive" = "bulk") =>
  Array.from({ length: count }, () => {
    phone += 1;
    return {
      ...installRequest(),
      workspaceId: workspace(letter),
      phoneId: String(106540352242000 + phone),
      phoneNumber: `+1415${String(5_550_000 + phone)}`,
      priority,
    };
  });

interface World {
  readonly queue: TestQueue;
  readonly producer: Producer;
  readonly other: Producer;
  put(producer: Producer, list: readonly unknown[]): Promise<void>;
  /** The workspaces' letters of all that wait, first to be served first. */
  order(): Promise<string>;
  /** Serves the first that wait, and says whose they were. */
  serve(count: number): Promise<string>;
  priorities(): Promise<readonly number[]>;
}

const withWorld = (run: (world: World) => Promise<void>): Promise<void> =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    await using stack = new AsyncDisposableStack();
    const open = async (): Promise<Producer> => {
      const sealingKeys = generateSealingKey();
      const options = { redisUrl: testRedisUrl(), sealingKeys, prefix: keys.prefix };
      const producer = await createProducer(options, { now: clock.now });
      stack.defer(() => producer.close());
      return producer;
    };
    const waiting = (): Promise<string[]> => client.zrange(keys.job("prioritized"), "0", "-1");
    await run({
      queue,
      producer: await open(),
      other: await open(),
      put: async (producer, list) => {
        for await (const row of producer.enqueueMany(list)) assert.ok("install" in row, JSON.stringify(row));
      },
      order: async () => {
        const jobs = await Promise.all((await waiting()).map((id) => queue.queue.getJob(id)));
        return jobs.map((job) => letterOf(job?.data.request.workspaceId)).join("");
      },
      serve: async (count) => {
        let served = "";
        for (let n = 0; n < count; n += 1) {
          const id = await queue.start("t");
          served += letterOf((await queue.queue.getJob(id))?.data.request.workspaceId);
          await queue.complete(id, "t");
        }
        return served;
      },
      priorities: async () => {
        const found = await Promise.all((await waiting()).map((id) => client.hget(keys.job(id), "priority")));
        return found.map(Number);
      },
    });
  });

test("single installs are interactive and those of batches bulk, unless the request says otherwise", () => {
  const { request } = installData();
  assert.equal(bandOf({ request }), "interactive");
  assert.equal(bandOf({ request, batchId: "b" }), "bulk");
  assert.equal(bandOf({ request: { ...request, priority: "bulk" } }), "bulk");
  assert.equal(bandOf({ request: { ...request, priority: "interactive" }, batchId: "b" }), "interactive");
});

test("twenty installs of a small workspace are served early, although another put in 2,000 before", () =>
  withWorld(async ({ queue, producer, other, put }) => {
    await put(producer, requests("a", 2000));
    await put(other, requests("b", 20));
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    let served = "";
    const worker = new Worker(
      installsQueueName,
      async ({ data }) => {
        served += letterOf(data.request.workspaceId);
        if (served.length === 2020) resolve();
      },
      { connection: queue.client, prefix: queue.keys.prefix },
    );
    try {
      await drained;
    } finally {
      await worker.close();
    }
    assert.equal(served.replaceAll("a", "").length, 20);
    assert.ok(served.lastIndexOf("b") < 100, String(served.lastIndexOf("b")));
  }));

test("a newcomer joins at the queue's current position, behind no backlog and ahead of no waiting turn", () =>
  withWorld(async ({ producer, put, serve }) => {
    await put(producer, requests("a", 1000));
    assert.equal(await serve(400), "a".repeat(400));
    await put(producer, requests("b", 100));
    const next = await serve(200);
    const share = next.replaceAll("a", "").length;
    assert.ok(share >= 92 && share <= 100, next);
    assert.match(next.slice(0, 20), /a.*b|b.*a/, "neither waits for the other");
  }));

test("interactive installs go ahead of all bulk ones, and are fair among themselves", () =>
  withWorld(async ({ producer, put, order }) => {
    await put(producer, requests("a", 300));
    await put(producer, requests("b", 1000, "interactive"));
    await put(producer, requests("c", 5, "interactive"));
    const all = await order();
    assert.equal(all.slice(1005), "a".repeat(300));
    assert.ok(all.lastIndexOf("c") < 20, String(all.lastIndexOf("c")));
  }));

test("singles enqueued at once take their turns too, although none of them waits yet", () =>
  withWorld(async ({ producer, order }) => {
    await Promise.all(requests("a", 400, "interactive").map((request) => producer.enqueue(request)));
    const [late] = requests("b", 1, "interactive");
    assert.ok(late !== undefined);
    await producer.enqueue(late);
    assert.ok((await order()).indexOf("b") < 20, await order());
  }));

test("three workspaces share in turn, eight at a time, in whatever order and mix they came", () =>
  withWorld(async ({ producer, put, order }) => {
    await put(producer, requests("a", 400));
    const mixed = requests("b", 200).flatMap((request, n) => [
      request,
      ...(n % 2 === 0 ? requests("c", 1) : []),
    ]);
    await put(producer, mixed);
    const all = await order();
    assert.equal(all.length, 700);
    for (let first = 0; first < 288; first += 24) {
      const round = [...all.slice(first, first + 24)].sort().join("");
      assert.equal(round, "a".repeat(8) + "b".repeat(8) + "c".repeat(8));
    }
  }));

test("a single install takes an eighth of a step, and each workspace's come in their order", () =>
  withWorld(async ({ producer, put, priorities }) => {
    for (const request of requests("a", 20, "interactive")) await producer.enqueue(request);
    assert.deepEqual(await priorities(), [...Array(8).fill(10), ...Array(8).fill(11), ...Array(4).fill(12)]);
    await put(producer, requests("a", 12, "interactive"));
    assert.deepEqual((await priorities()).slice(16), [...Array(8).fill(12), ...Array(8).fill(13)]);
  }));

test("the tags of a band restart once it is empty, whatever waits in the other", () =>
  withWorld(async ({ queue: { clock, client, keys }, producer, put, serve, priorities }) => {
    await put(producer, requests("a", 100));
    assert.equal(await serve(100), "a".repeat(100));
    await put(producer, requests("b", 1, "interactive"));
    clock.move(1001);
    await put(producer, requests("a", 1));
    assert.deepEqual(await priorities(), [10, 1_000_000]);
    assert.equal(await client.hget(keys.fair("bulk"), workspace("a")), "1");
    const leftMs = await client.pttl(keys.fair("bulk"));
    assert.ok(leftMs > 6.9 * 86_400_000 && leftMs <= 7 * 86_400_000, String(leftMs));
  }));

test("an install that has its connector counts in no band", () =>
  withWorld(async ({ queue, producer, put, priorities }) => {
    await queue.queue.add("install", installData(), { jobId: "w", priority: 1 });
    await put(producer, requests("a", 1, "interactive"));
    await put(producer, requests("a", 1, "bulk"));
    assert.deepEqual(await priorities(), [1, 10, 1_000_000]);
  }));

test("near the end of a band the tags stop at BullMQ's last, and order is first in, first out", () =>
  withWorld(async ({ queue: { client, keys, clock }, producer, put, order, priorities }) => {
    const virtual = String((lastTag - 1_000_000 - 2) * 8);
    await client.hset(keys.fair("bulk"), { "@virtual": virtual, "@sinceMs": String(clock.now()) });
    await put(producer, requests("a", 40));
    const tags = [lastTag - 2, lastTag - 1].flatMap((tag) => Array(8).fill(tag));
    assert.deepEqual(await priorities(), [...tags, ...Array(24).fill(lastTag)]);
    await client.hset(keys.fair("bulk"), "@virtual", String((lastTag - 1_000_000) * 8));
    await put(producer, requests("b", 3));
    await put(producer, requests("a", 300));
    assert.equal(await order(), `${"a".repeat(40)}bbb${"a".repeat(300)}`);
    assert.equal(Math.max(...(await priorities())), lastTag);
  }));

test("the interactive band ends before the bulk one begins", () =>
  withWorld(async ({ queue: { client, keys, clock }, producer, put, priorities }) => {
    await client.hset(keys.fair("interactive"), {
      "@virtual": "99999999999",
      "@sinceMs": String(clock.now()),
    });
    await put(producer, requests("a", 2, "interactive"));
    assert.deepEqual(await priorities(), [999_999, 999_999]);
  }));

test("an install that was begun keeps its place when it comes back, and lets no newcomer in front", () =>
  withWorld(async ({ queue, producer, put, serve, order }) => {
    await put(producer, requests("a", 200));
    const begun = await queue.start("t");
    await serve(100);
    const job = await queue.queue.getJob(begun);
    assert.ok(job !== undefined);
    await job.moveToDelayed(Date.now() + 3_600_000, "t");
    await put(producer, requests("b", 16));
    await queue.queue.getBackend().promote(begun);
    const fair = createFairPriorities({ ...queue, now: queue.clock.now });
    const [newcomer] = await fair.next("bulk", [workspace("c")]);
    assert.equal(newcomer, 1_000_012, "virtual time does not go back while an old tag waits");
    assert.equal(await queue.start("u"), begun);
    assert.equal((await order()).length, 115);
  }));

test("two producers that work at the same time keep one order", () =>
  withWorld(async ({ producer, other, put, order }) => {
    await Promise.all([
      put(producer, requests("a", 1000)),
      put(other, requests("a", 1000)),
      put(other, requests("b", 500)),
    ]);
    await put(producer, requests("c", 20));
    const all = await order();
    assert.equal(all.length, 2520);
    assert.ok(all.lastIndexOf("c") < 100, String(all.lastIndexOf("c")));
    const bothWait = all.slice(0, 900);
    const share = bothWait.replaceAll(/[ac]/g, "").length;
    assert.ok(share > 380 && share < 520, String(share));
  }));
