import assert from "node:assert/strict";
import test from "node:test";
import { createLiveHub } from "../../../src/api/server/live-hub.ts";
import { until } from "../../support/until.ts";

const { signal } = new AbortController();

/** A hub whose looks are counted, and fail or end as the test says. */
const counting = (look: (count: number, id: string) => number | undefined = (count) => count) => {
  const looked: string[] = [];
  const hub = createLiveHub({
    everyMs: 5,
    nameOf: (id: string) => id,
    look: async (id) => {
      looked.push(id);
      return look(looked.length, id);
    },
  });
  return { hub, looked };
};

test("all followers of a thing share one look at it, and the first one does not wait", async () => {
  const { hub, looked } = counting();
  const followers = Array.from({ length: 600 }, () => hub.follow("a", signal));
  const first = await Promise.all(followers.map((follower) => follower.next()));
  assert.deepEqual(looked, ["a"]);
  assert.ok(first.every(({ value }) => value === 1));
  const second = await Promise.all(followers.map((follower) => follower.next()));
  assert.deepEqual(looked, ["a", "a"]);
  assert.ok(second.every(({ value }) => value === 2));
  assert.equal(hub.watched(), 1);
  await Promise.all(followers.map((follower) => follower.return()));
  assert.equal(hub.watched(), 0);
});

test("a follower that is slow gets the newest state only", async () => {
  const { hub, looked } = counting();
  const follower = hub.follow("a", signal);
  await follower.next();
  await until("there were more looks", async () => looked.length > 4);
  const { value } = await follower.next();
  assert.ok(value !== undefined && value > 4, String(value));
  await follower.return();
});

test("a follower that joins later gets the present state at once", async () => {
  const { hub, looked } = counting();
  const one = hub.follow("a", signal);
  await one.next();
  const other = hub.follow("a", signal);
  assert.equal((await other.next()).value, looked.length);
  await one.return();
  assert.equal(hub.watched(), 1, "one is left");
  await other.return();
});

test("a follower that leaves in the middle of its wait ends, and after the last one there are no more looks", async () => {
  const { hub, looked } = counting();
  const controller = new AbortController();
  const followers = ["a", "a", "b"].map((id) => hub.follow(id, controller.signal));
  await Promise.all(followers.map((follower) => follower.next()));
  const waits = followers.map((follower) => follower.next());
  controller.abort();
  await Promise.all(waits);
  const last = await Promise.all(followers.map((follower) => follower.next()));
  assert.ok(last.every(({ done }) => done));
  assert.equal(hub.watched(), 0);
  const count = looked.length;
  const other = hub.follow("c", signal);
  for (let n = 0; n < 3; n += 1) await other.next();
  assert.deepEqual(looked.slice(count), ["c", "c", "c"]);
  await other.return();
});

test("an aborted signal ends a follower before its first look ends", async () => {
  const { hub } = counting();
  assert.equal((await hub.follow("a", AbortSignal.abort()).next()).done, true);
  assert.equal(hub.watched(), 0);
});

test("a thing that is gone ends all its followers, and is looked at again for the next one", async () => {
  const { hub } = counting((count) => (count === 2 ? undefined : count));
  const followers = [hub.follow("a", signal), hub.follow("a", signal)];
  for (const follower of followers) assert.equal((await follower.next()).value, 1);
  for (const follower of followers) assert.equal((await follower.next()).done, true);
  const next = hub.follow("a", signal);
  assert.equal((await next.next()).value, 3);
  await next.return();
});

test("a look that fails fails for all followers, and the next one looks again", async () => {
  const { hub } = counting((count) => {
    if (count === 1) throw new Error("away");
    return count;
  });
  const followers = [hub.follow("a", signal), hub.follow("a", signal)];
  const failed = await Promise.allSettled(followers.map((follower) => follower.next()));
  assert.deepEqual(
    failed.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.equal(hub.watched(), 0);
  const next = hub.follow("a", signal);
  assert.equal((await next.next()).value, 2);
  await next.return();
});
