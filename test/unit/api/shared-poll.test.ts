import assert from "node:assert/strict";
import test from "node:test";
import { createSharedPoll } from "../../../src/api/batches/events.ts";

const { signal } = new AbortController();

test("all followers of an item share one poll of it", async () => {
  const looked: string[] = [];
  const next = createSharedPoll({
    everyMs: 1,
    find: async (id) => {
      looked.push(id);
      return looked.length;
    },
  });
  const ids = [...Array.from({ length: 600 }, () => "a"), "b"];
  const found = await Promise.all(ids.map((id) => next(id, signal)));
  assert.deepEqual(looked, ["a", "b"]);
  assert.deepEqual(new Set(found.slice(0, 600)), new Set([1]));
  assert.equal(await next("a", signal), 3, "the next poll is a new one");
});

test("a follower that leaves is not waited for, and without followers nothing is polled", async () => {
  const looked: string[] = [];
  const next = createSharedPoll({ everyMs: 20, find: async (id) => looked.push(id) });
  const controller = new AbortController();
  const both = [next("a", controller.signal), next("a", controller.signal)];
  controller.abort();
  assert.deepEqual(await Promise.all(both), [undefined, undefined]);
  assert.equal(await next("a", controller.signal), undefined);
  assert.ok((await next("b", signal)) !== undefined);
  assert.deepEqual(looked, ["b"], "the poll of a was due before");
});

test("a poll that fails fails for all followers, and the next one is a new one", async () => {
  let count = 0;
  const next = createSharedPoll({
    everyMs: 1,
    find: async () => {
      count += 1;
      if (count === 1) throw new Error("away");
      return count;
    },
  });
  const both = await Promise.allSettled([next("a", signal), next("a", signal)]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.equal(await next("a", signal), 2);
});
