import assert from "node:assert/strict";
import test from "node:test";
import { createProducer, type Producer } from "../../src/producer/producer.ts";
import { claimNumbers } from "../../src/queue/installs/claims.ts";
import { indexTimes } from "../../src/queue/installs/list.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { leafMax, readIds } from "../../src/redis/id-set.ts";
import { testRedisUrl } from "../support/redis.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { phoneId, type TestQueue, withQueue } from "./queue-fixture.ts";

const retentionMs = 30 * 86_400_000;
const phoneNumber = "+14155550123";

const claim = async (
  { client, keys }: TestQueue,
  newId: string,
  change: { reinstall?: boolean; phoneId?: string; workspaceId?: string } = {},
) => {
  const [answer] = await claimNumbers({ client, keys, retentionMs, now: Date.now }, [
    { workspaceId, phoneId, newId, phoneNumber, batchId: undefined, reinstall: false, ...change },
  ]);
  return answer;
};

/** Brings an install to its end as a worker would. */
const end = async (queue: TestQueue, installId: string, how: "complete" | "fail"): Promise<void> => {
  assert.equal(await queue.start("t"), installId);
  await queue[how](installId, "t");
};

test("a free number is claimed, and the claim is on the list of installs", () =>
  withQueue(async (queue) => {
    assert.deepEqual(await claim(queue, "i1"), { kind: "claimed", installId: "i1" });
    assert.deepEqual(await queue.client.zrange(queue.keys.installs, "0", "-1", "WITHSCORES"), ["i1", "0"]);
  }));

test("a claim whose job is not there yet is pending: the next caller is to add that very id", () =>
  withQueue(async (queue) => {
    await claim(queue, "i1");
    assert.deepEqual(await claim(queue, "i2"), { kind: "pending", installId: "i1" });
    assert.deepEqual(await claim(queue, "i3", { reinstall: true }), { kind: "pending", installId: "i1" });
    assert.deepEqual(await queue.client.zrange(queue.keys.installs, "0", "-1"), ["i1"]);
  }));

test("an install that waits, runs or is parked is current, even for a reinstall", () =>
  withQueue(async (queue) => {
    const current = { kind: "current", installId: "i1" };
    await claim(queue, "i1");
    await queue.add("i1");
    assert.deepEqual(await claim(queue, "i2"), current);
    await queue.start("t");
    assert.deepEqual(await claim(queue, "i2"), current);
    assert.deepEqual(await claim(queue, "i2", { reinstall: true }), current);
  }));

test("a failed install frees its number", () =>
  withQueue(async (queue) => {
    await claim(queue, "i1");
    await queue.add("i1");
    await end(queue, "i1", "fail");
    assert.deepEqual(await claim(queue, "i2"), { kind: "claimed", installId: "i2", failedId: "i1" });
    const pending = { kind: "pending", installId: "i2", failedId: "i1" };
    assert.deepEqual(await claim(queue, "i3"), pending, "also for who adds the job in the first one's place");
    await queue.add("i2");
    assert.deepEqual(await claim(queue, "i3"), { kind: "current", installId: "i2" });
  }));

test("a failed install that is being healed stands for its number again", () =>
  withQueue(async (queue) => {
    await claim(queue, "i1");
    await queue.add("i1");
    await end(queue, "i1", "fail");
    await (await queue.queue.getJob("i1"))?.retry("failed");
    assert.deepEqual(await claim(queue, "i2"), { kind: "current", installId: "i1" });
  }));

test("a completed install stays current until it is uninstalled or a reinstall is asked for", () =>
  withQueue(async (queue) => {
    await claim(queue, "i1");
    await queue.add("i1");
    await end(queue, "i1", "complete");
    assert.deepEqual(await claim(queue, "i2"), { kind: "current", installId: "i1" });
    assert.deepEqual(await claim(queue, "i2", { reinstall: true }), { kind: "claimed", installId: "i2" });
    await queue.add("i2");
    await end(queue, "i2", "complete");
    await queue.client.hset(queue.keys.job("i2"), "uninstalledAt", "1");
    assert.deepEqual(await claim(queue, "i3"), { kind: "claimed", installId: "i3" });
  }));

test("a new claim does not inherit the old one's expiry", () =>
  withQueue(async (queue) => {
    const key = queue.keys.claim(workspaceId, phoneId);
    await claim(queue, "i1");
    await queue.add("i1");
    await end(queue, "i1", "fail");
    await queue.client.pexpire(key, 1000);
    await claim(queue, "i2");
    assert.equal(await queue.client.pttl(key), -1);
  }));

test("other numbers and other workspaces are claimed for themselves", () =>
  withQueue(async (queue) => {
    await claim(queue, "i1");
    const elsewhere = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
    assert.equal((await claim(queue, "i2", { phoneId: "2" }))?.kind, "claimed");
    assert.equal((await claim(queue, "i3", { workspaceId: elsewhere }))?.kind, "claimed");
  }));

test("claims are answered in the order they were asked for", () =>
  withQueue(async ({ client, keys }) => {
    const ask = ["1", "2", "1", "3"].map((each, at) => ({
      workspaceId,
      phoneId: each,
      newId: `i${at}`,
      phoneNumber,
      batchId: undefined,
      reinstall: false,
    }));
    assert.deepEqual(await claimNumbers({ client, keys, retentionMs, now: Date.now }, ask), [
      { kind: "claimed", installId: "i0" },
      { kind: "claimed", installId: "i1" },
      { kind: "pending", installId: "i0" },
      { kind: "claimed", installId: "i3" },
    ]);
  }));

test("many numbers claimed at once are on every list, in the same leaves as if claimed one by one", () =>
  withQueue(async ({ client, keys }) => {
    const ids = Array.from({ length: 700 }, (_, at) => `i${String(1000 + at)}`);
    // Out of order, in three calls, the last between the ids of the others.
    const calls = [ids.slice(0, 300).reverse(), ids.slice(400), ids.slice(300, 400)];
    for (const newIds of calls) {
      const requests = newIds.map((newId) => {
        return { workspaceId, phoneId: newId, newId, phoneNumber, batchId: "b1", reinstall: false };
      });
      const claims = await claimNumbers({ client, keys, retentionMs, now: Date.now }, requests);
      assert.deepEqual(
        claims,
        newIds.map((installId) => ({ kind: "claimed", installId })),
      );
    }
    for (const set of [keys.installs, keys.workspaceInstalls(workspaceId), keys.batchInstalls("b1")]) {
      assert.deepEqual(await readIds(client, { set, from: "+", limit: 1000 }), ids.toReversed());
      const leaves = await client.zrange(set, "0", "-1");
      const sizes = await Promise.all(leaves.map((name) => client.zcard(`${set}:${name}`)));
      assert.ok(sizes.every((size) => size <= leafMax) && leaves.length < 10, `${sizes}`);
      const lives = await Promise.all(
        [set, ...leaves.map((name) => `${set}:${name}`)].map((key) => client.pttl(key)),
      );
      assert.ok(
        lives.every((ms) => ms > retentionMs),
        `${lives}`,
      );
    }
    const known = await client.hget(
      keys.lookup("phone", indexTimes(retentionMs, Date.now()).window, phoneNumber),
      phoneNumber,
    );
    assert.deepEqual(known?.split(" ").sort(), ids);
  }));

const withProducers = async (
  { keys }: TestQueue,
  count: number,
  run: (producers: readonly Producer[]) => Promise<void>,
): Promise<void> => {
  const options = { redisUrl: testRedisUrl(), sealingKeys: generateSealingKey(), prefix: keys.prefix };
  const producers = await Promise.all(Array.from({ length: count }, () => createProducer(options)));
  try {
    await run(producers);
  } finally {
    await Promise.all(producers.map((producer) => producer.close()));
  }
};

test("two producers at once, fifty times each, make one job of one number", () =>
  withQueue((queue) =>
    withProducers(queue, 2, async (producers) => {
      const calls = producers.flatMap((producer) =>
        Array.from({ length: 50 }, () => producer.enqueue(installRequest(1))),
      );
      const enqueued = await Promise.all(calls);
      assert.equal(new Set(enqueued.map(({ install }) => install.id)).size, 1);
      assert.equal(enqueued.filter(({ created }) => created).length, 1);
      assert.equal(await queue.queue.count(), 1);
    }),
  ));

test("two producers at once enqueue many numbers in opposite order, and each number has one job", () =>
  withQueue((queue) =>
    withProducers(queue, 2, async (producers) => {
      const requests = Array.from({ length: 60 }, (_, n) => installRequest(n));
      const results = await Promise.all(
        producers.map((producer, at) =>
          Array.fromAsync(producer.enqueueMany(at === 0 ? requests : requests.toReversed())),
        ),
      );
      const ids = results.flat().map((row) => ("install" in row ? row.install.id : "rejected"));
      assert.equal(ids.length, 120);
      assert.equal(new Set(ids).size, 60);
      assert.equal(await queue.queue.count(), 60);
    }),
  ));

test("a producer killed between its claim and its add leaves an id that the next caller's job gets", () =>
  withQueue((queue) =>
    withProducers(queue, 1, async ([producer]) => {
      const request = installRequest(1);
      await claim(queue, "01KILLED", { phoneId: request.phoneId });
      const first = await producer?.enqueue(request);
      const second = await producer?.enqueue(request);
      assert.equal(first?.install.id, "01KILLED");
      assert.equal(second?.install.id, "01KILLED");
      assert.equal(await queue.queue.getJobState("01KILLED"), "prioritized");
      assert.equal(await queue.queue.count(), 1);
    }),
  ));

test("a failed install is replaced by a new one, and both are kept", () =>
  withQueue((queue) =>
    withProducers(queue, 1, async ([producer]) => {
      const first = await producer?.enqueue(installRequest(1));
      await end(queue, first?.install.id ?? "", "fail");
      const second = await producer?.enqueue(installRequest(1));
      assert.equal(second?.created, true);
      assert.notEqual(second?.install.id, first?.install.id);
      assert.equal((await producer?.installs.find(first?.install.id ?? ""))?.status, "failed");
    }),
  ));

test("a reinstall makes a new install of a completed one, once for every call", () =>
  withQueue((queue) =>
    withProducers(queue, 1, async ([producer]) => {
      const first = await producer?.enqueue(installRequest(1));
      await end(queue, first?.install.id ?? "", "complete");
      const same = await producer?.enqueue(installRequest(1));
      assert.deepEqual([same?.created, same?.install.status], [false, "completed"]);
      const again = await producer?.enqueue(installRequest(1, { reinstall: true }));
      assert.equal(again?.created, true);
      const repeat = await producer?.enqueue(installRequest(1, { reinstall: true }));
      assert.deepEqual([repeat?.created, repeat?.install.id], [false, again?.install.id]);
      assert.ok(!("reinstall" in (again?.install ?? {})));
    }),
  ));
