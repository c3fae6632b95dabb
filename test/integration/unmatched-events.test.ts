import assert from "node:assert/strict";
import test from "node:test";
import { createUnmatchedEvents } from "../../src/queue/matching/unmatched.ts";
import { workspaceId } from "../support/request.ts";
import { type TestQueue, withQueue } from "./queue-fixture.ts";

/** An event that came before, or without, its install. */
const arrive = ({ matching }: TestQueue, connectorId: string, status = "active") =>
  matching.arrive({
    connectorId,
    channelId: `channel-of-${connectorId}`,
    status,
    isUsable: status === "active",
    workspaceId,
    identifier: "+14155550123",
  });

test("an event that matched no install is listed with all that is known of it", () =>
  withQueue(async (queue) => {
    const unmatched = createUnmatchedEvents(queue);
    assert.deepEqual(await unmatched.list({ limit: 5 }), { items: [], nextCursor: undefined });
    await arrive(queue, "c1", "");
    const { items } = await unmatched.list({ limit: 5 });
    assert.deepEqual(items, [
      {
        connectorId: "c1",
        channelId: "channel-of-c1",
        channelStatus: undefined,
        workspaceId,
        identifier: "+14155550123",
        otherChannelId: undefined,
        conflict: undefined,
        namedWorkspaceId: undefined,
        ownerId: undefined,
        arrivedAt: new Date(queue.clock.now()).toISOString(),
      },
    ]);
  }));

test("pages hold every event once, also those of one millisecond, whatever comes in between", () =>
  withQueue(async (queue) => {
    const unmatched = createUnmatchedEvents(queue);
    const ids = Array.from({ length: 30 }, (_, n) => `c${String(n).padStart(2, "0")}`);
    for (const [n, id] of ids.entries()) {
      if (n === 3 || n === 25) queue.clock.move(1);
      await arrive(queue, id);
    }
    for (const limit of [1, 4, 7, 29, 30, 31]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await unmatched.list({ limit, cursor });
        assert.ok(page.items.length <= limit);
        seen.push(...page.items.map(({ connectorId }) => connectorId));
        cursor = page.nextCursor;
        queue.clock.move(1);
        await arrive(queue, `late-${limit}-${seen.length}`);
      } while (cursor !== undefined);
      const expected = seen.filter((id) => !id.startsWith("late"));
      assert.deepEqual(expected, ids.toReversed(), `${limit} a page`);
    }
  }));

test("a cursor that cannot be read ends the list", () =>
  withQueue(async (queue) => {
    await arrive(queue, "c1");
    const unmatched = createUnmatchedEvents(queue);
    for (const cursor of ["", "x", "1_", "_c1", "1e5_c1"])
      assert.deepEqual((await unmatched.list({ limit: 5, cursor })).items, [], cursor);
  }));

test("an event whose connector is forgotten leaves a gap in its page, and the next page is there", () =>
  withQueue(async (queue) => {
    for (const id of ["c1", "c2", "c3"]) {
      queue.clock.move(1);
      await arrive(queue, id);
    }
    await queue.client.del(queue.keys.unmatchedEvent(workspaceId, "c3"));
    const unmatched = createUnmatchedEvents(queue);
    const first = await unmatched.list({ limit: 1 });
    assert.deepEqual(first.items, []);
    const second = await unmatched.list({ limit: 1, cursor: first.nextCursor });
    assert.deepEqual(
      second.items.map(({ connectorId }) => connectorId),
      ["c2"],
    );
  }));

test("a workspace with too many events loses its oldest, counted, and no other workspace's", () =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    const others = "11111111-7d1a-4f0e-9c55-3a1f0f6f4d10";
    await queue.matching.arrive({
      connectorId: "other",
      channelId: "ch",
      status: "active",
      isUsable: true,
      workspaceId: others,
    });
    await arrive(queue, "oldest");
    clock.move(1);
    const many = Array.from({ length: 9999 }, (_, n) => `c${n}`);
    await client.zadd(keys.unmatchedOf(workspaceId), ...many.flatMap((id) => [clock.now(), id]));
    await client.zadd(keys.unmatched, ...many.flatMap((id) => [clock.now(), `${workspaceId}:${id}`]));
    clock.move(1);
    await arrive(queue, "newest");
    assert.equal(await client.exists(keys.unmatchedEvent(workspaceId, "oldest")), 0);
    assert.equal(await client.zcard(keys.unmatchedOf(workspaceId)), 10_000);
    assert.equal(await client.exists(keys.unmatchedEvent(others, "other")), 1);
    assert.equal(await client.hget(keys.droppedEvents, "unmatched"), "1");
    assert.ok((await client.pttl(keys.droppedEvents)) > 0);
  }));

test("a shard that is full of events loses the oldest of all", () =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    await arrive(queue, "oldest");
    clock.move(1);
    for (let first = 0; first < 100_000; first += 10_000) {
      const some = Array.from({ length: 10_000 }, (_, n) => [clock.now(), `w${first}:c${n}`]).flat();
      await client.zadd(keys.unmatched, ...some);
    }
    clock.move(1);
    await arrive(queue, "newest");
    assert.equal(await client.zcard(keys.unmatched), 100_000);
    assert.equal(await client.exists(keys.unmatchedEvent(workspaceId, "oldest")), 0);
    assert.equal(await client.zscore(keys.unmatchedOf(workspaceId), "oldest"), null);
    assert.equal(await client.exists(keys.unmatchedEvent(workspaceId, "newest")), 1);
  }));
