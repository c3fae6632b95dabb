import assert from "node:assert/strict";
import test from "node:test";
import { encodeTime } from "ulid";
import { createInstallIndex } from "../../src/queue/installs/list.ts";
import { scoreOfStatus } from "../../src/queue/installs/statuses.ts";
import { countIds, indexId, leafMax } from "../../src/redis/id-set.ts";
import { type TestQueue, withQueue } from "./queue-fixture.ts";

const keptMs = 600_000;

/** Ids in order, a millisecond from one to the next. */
const idAt = (n: number): string => `${encodeTime(1_700_000_000_000 + n, 10)}0123456789ABCDEF`;
const idsUpTo = (count: number): string[] => Array.from({ length: count }, (_, n) => idAt(n));

/** The same order every time, by a generator of Lehmer's. */
const shuffled = (ids: readonly string[]): string[] => {
  let state = 4711;
  return ids
    .map((id) => {
      state = (state * 48_271) % 2_147_483_647;
      return { id, state };
    })
    .sort((a, b) => a.state - b.state)
    .map(({ id }) => id);
};

/** Ids as several producers add them: each of them up to `reach` places off. */
const jumbled = (ids: readonly string[], reach: number): string[] => {
  const groups = Array.from({ length: Math.ceil(ids.length / reach) }, (_, n) =>
    ids.slice(n * reach, (n + 1) * reach),
  );
  return groups.flatMap(shuffled);
};

const openSet = ({ client, keys }: TestQueue) => {
  const key = keys.installs;
  const index = createInstallIndex({ client, keys, retentionMs: keptMs, now: Date.now });
  const names = () => client.zrange(key, "0", "-1");
  return {
    index,
    names,
    insert: async (ids: readonly string[], oldestId = "0") => {
      await Promise.all(ids.map((id) => indexId(client, { set: key, id, keptMs, oldestId })));
    },
    walk: async (limit: number): Promise<string[]> => {
      const { before } = await index.candidates({});
      const walked: string[] = [];
      for (;;) {
        const page = await before(walked.at(-1), limit);
        assert.ok(page.length <= limit);
        if (page.length === 0) return walked;
        walked.push(...page);
      }
    },
    leaves: async (): Promise<readonly (readonly string[])[]> =>
      Promise.all((await names()).map((name) => client.zrange(`${key}:${name}`, "0", "-1"))),
    encodings: async (): Promise<ReadonlySet<unknown>> =>
      new Set(await Promise.all((await names()).map((name) => client.object("ENCODING", `${key}:${name}`)))),
  };
};

const ids = idsUpTo(3000);
const orders: readonly { readonly name: string; readonly given: readonly string[]; readonly fill: number }[] =
  [
    { name: "in order", given: ids, fill: 0.95 },
    { name: "nearly in order", given: jumbled(ids, 20), fill: 0.7 },
    { name: "in order but for a thousand places", given: jumbled(ids, 1000), fill: 0.5 },
    { name: "in any order", given: shuffled(ids), fill: 0.5 },
    { name: "newest first", given: ids.toReversed(), fill: 0.95 },
  ];

for (const { name, given, fill } of orders) {
  test(`ids that come ${name} are read newest first, once each, from leaves that stay packed`, () =>
    withQueue(async (queue) => {
      const { insert, walk, leaves, encodings } = openSet(queue);
      await insert(given);
      for (const limit of [7, 127, 500, 5000])
        assert.deepEqual(await walk(limit), ids.toReversed(), `limit ${limit}`);
      const all = await leaves();
      assert.ok(all.every(({ length }) => length > 0 && length <= leafMax));
      assert.ok(
        ids.length / all.length / leafMax > fill,
        `${all.length} leaves of ${ids.length / all.length}`,
      );
      assert.deepEqual(await encodings(), new Set(["listpack"]));
      assert.equal(await countIds(queue.client, queue.keys.installs), ids.length);
    }));
}

test("a cursor between ids, before all and after all goes on where it stands", () =>
  withQueue(async (queue) => {
    const { insert, index } = openSet(queue);
    const even = ids.filter((_, n) => n % 2 === 0);
    await insert(even);
    const { before } = await index.candidates({});
    for (const n of [1, 255, 256, 257, 1001, 2999])
      assert.deepEqual(
        await before(idAt(n), 3),
        even
          .filter((id) => id < idAt(n))
          .slice(-3)
          .reverse(),
        String(n),
      );
    assert.deepEqual(await before("0", 3), []);
    assert.deepEqual(await before("Z", 1), even.slice(-1));
  }));

test("an id is not inserted twice, whatever leaf holds it", () =>
  withQueue(async (queue) => {
    const { insert, walk, leaves } = openSet(queue);
    await insert(jumbled(ids, 20));
    const once = await leaves();
    await insert(shuffled(ids));
    assert.deepEqual(await leaves(), once);
    assert.deepEqual(await walk(500), ids.toReversed());
  }));

test("ids that are forgotten are gone, and so are leaves without ids; forgotten ids can come back", () =>
  withQueue(async (queue) => {
    const { insert, walk, names, index } = openSet(queue);
    await insert(ids);
    const every3rd = ids.filter((_, n) => n % 3 === 0);
    await index.forget([...every3rd, idAt(90_000), "0"], {});
    assert.deepEqual(await walk(500), ids.filter((_, n) => n % 3 !== 0).toReversed());
    await insert(every3rd);
    assert.deepEqual(await walk(500), ids.toReversed());
    await index.forget(ids.slice(128, 2900), {});
    const { client, keys } = queue;
    const left = await names();
    assert.ok(left.length <= 4, `${left.length} leaves for 228 ids`);
    assert.equal(await client.exists(...left.map((name) => `${keys.installs}:${name}`)), left.length);
    await index.forget(ids, {});
    assert.deepEqual(await queue.client.keys(`${queue.keys.installs}*`), []);
    await insert(shuffled(ids));
    assert.deepEqual(await walk(500), ids.toReversed());
  }));

test("ids narrow to those that are in a set of leaves", () =>
  withQueue(async (queue) => {
    const { index } = openSet(queue);
    const { client, keys } = queue;
    const some = ids.filter((_, n) => n % 7 === 0);
    const batchId = "B";
    await Promise.all(
      some.map((id) => indexId(client, { set: keys.batchInstalls(batchId), id, keptMs, oldestId: "0" })),
    );
    const asked = ids.slice(1000, 1500).reverse();
    const expected = some.filter((id) => asked.includes(id)).toReversed();
    assert.deepEqual(await index.narrow(asked, { batchId }), expected);
    assert.deepEqual(await index.narrow(["0"], { batchId }), []);
  }));

test("what has a status that only its mark tells is read in order of ids, among any number of others", () =>
  withQueue(async (queue) => {
    const { index, insert } = openSet(queue);
    const { client, keys } = queue;
    await insert(ids);
    const statusOf = (n: number) => (["awaiting_channel", "retrying", "held"] as const)[n % 3] ?? "held";
    const marks = ids.flatMap((id, n) => [scoreOfStatus(statusOf(n)) ?? 0, id]);
    await client.zadd(keys.statuses, ...marks);
    for (const status of ["awaiting_channel", "retrying", "held"] as const) {
      const its = ids.filter((_, n) => statusOf(n) === status).toReversed();
      const { count, before } = await index.candidates({ status });
      assert.equal(count, its.length);
      const read: string[] = [];
      for (;;) {
        const page = await before(read.at(-1), 97);
        if (page.length === 0) break;
        read.push(...page);
      }
      assert.deepEqual(read, its);
      // From an id that is not among them, on either side, and beyond both ends.
      assert.deepEqual(await before(ids[500], 3), its.filter((id) => id < (ids[500] ?? "")).slice(0, 3));
      assert.deepEqual(await before("0", 3), []);
      assert.deepEqual(await before("~", 3), its.slice(0, 3));
      const asked = ids.slice(100, 200).toReversed();
      assert.deepEqual(
        await index.narrow(asked, { status }),
        asked.filter((id) => its.includes(id)),
      );
    }
    await client.del(keys.statuses);
    assert.deepEqual(await (await index.candidates({ status: "held" })).before(undefined, 3), []);
  }));

test("names of old leaves that have expired go when a leaf is made; what was renewed stays", () =>
  withQueue(async (queue) => {
    const { insert, walk, names } = openSet(queue);
    await insert(ids.slice(1, 1024));
    await insert([idAt(0)]);
    assert.deepEqual(await walk(500), ids.slice(0, 1024).toReversed());
    assert.equal((await names())[0], idAt(0));
    const [renewed = "", ...others] = (await names()).slice(0, 5);
    for (const name of others) await queue.client.del(`${queue.keys.installs}:${name}`);
    await insert(ids.slice(1024), idAt(1000));
    const left = await names();
    assert.equal(left[0], renewed);
    assert.deepEqual(
      left.filter((name) => others.includes(name)),
      [],
    );
  }));

test("leaves and their names expire, and an expired leaf is read over and filled again", () =>
  withQueue(async (queue) => {
    const { insert, walk, names } = openSet(queue);
    const { client, keys } = queue;
    await insert(jumbled(ids, 50));
    const existing = await client.keys(`${keys.installs}*`);
    const rests = await Promise.all(existing.map((key) => client.pttl(key)));
    assert.ok(rests.every((restMs) => restMs > 0 && restMs <= keptMs));
    const expired = (await names())[3] ?? "";
    const lost = await client.zrange(`${keys.installs}:${expired}`, "0", "-1");
    await client.del(`${keys.installs}:${expired}`);
    assert.deepEqual(await walk(500), ids.filter((id) => !lost.includes(id)).toReversed());
    await insert(lost.toReversed());
    assert.deepEqual(await walk(500), ids.toReversed());
  }));
