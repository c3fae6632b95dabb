import assert from "node:assert/strict";
import test from "node:test";
import type { Install } from "../../src/install/install.ts";
import { createInstalls } from "../../src/queue/installs/installs.ts";
import { createNotifications, type Notifications } from "../../src/queue/outbox/notifications.ts";
import { createOutbox, type Outbox } from "../../src/queue/outbox/outbox.ts";
import { testDigests } from "../support/test-digests.ts";
import { installData, retentionMs, type TestQueue, withQueue } from "./queue-fixture.ts";

const notifyUrl = "https://notify.test/hook";
const callbackUrl = "https://callback.test/hook?of=i1";
/** Longer than a process may take between an install's end and its notification. */
const leftBehindMs = 6000;

interface Telling extends TestQueue {
  readonly outbox: Outbox;
  readonly notifications: Notifications;
  readonly completed: readonly Install[];
  /** What was announced: id and URL, oldest first. */
  told(): Promise<readonly string[]>;
  outboxIds(): Promise<readonly string[]>;
  /** Ends an install as a worker does, up to the moment where it could be killed. */
  end(installId: string, how: "complete" | "fail"): Promise<void>;
}

const withOutcomes = (
  run: (telling: Telling) => Promise<void>,
  options: { readonly notifyUrl?: string | undefined; readonly onCompleted?: () => void } = { notifyUrl },
) =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    const notifications = createNotifications({
      client,
      keys,
      digests: testDigests,
      now: clock.now,
      retentionMs,
    });
    const completed: Install[] = [];
    const outbox = createOutbox({
      client,
      keys,
      notifications,
      installs: createInstalls({ client, keys, retentionMs, now: clock.now }),
      notifyUrl: options.notifyUrl,
      now: clock.now,
      onCompleted: async (install) => {
        completed.push(install);
        options.onCompleted?.();
      },
    });
    try {
      await run({
        ...queue,
        outbox,
        notifications,
        completed,
        told: async () => {
          const { items } = await notifications.list({ limit: 100 });
          return items.map(({ id, url }) => `${id} ${url}`).toReversed();
        },
        outboxIds: () => client.zrange(keys.outbox, "0", "-1"),
        end: async (installId, how) => {
          assert.equal(await queue.start(installId), installId);
          await outbox.add(installId);
          await queue[how](installId, installId);
          clock.move(1);
        },
      });
    } finally {
      await notifications.close();
    }
  });

test("a completed install is notified with its data at that time, and leaves the outbox", () =>
  withOutcomes(async ({ add, end, outbox, told, outboxIds, client, keys, completed }) => {
    await add("i1");
    await end("i1", "complete");
    await outbox.flush("i1");
    assert.deepEqual(await told(), [`msg_i1_completed ${notifyUrl}`]);
    assert.deepEqual(await outboxIds(), []);
    const text = (await client.hget(keys.notificationJob("msg_i1_completed"), "data")) ?? "";
    const { payload } = JSON.parse(text);
    assert.equal(payload.type, "install.completed");
    assert.equal(payload.data.status, "completed");
    assert.equal(payload.data.channelId, "ch");
    assert.equal(payload.timestamp, payload.data.completedAt);
    assert.ok(!text.includes("sealed-token"));
    assert.deepEqual(
      completed.map(({ id }) => id),
      ["i1"],
    );
  }));

test("failed and cancelled installs are notified as such", () =>
  withOutcomes(async ({ add, end, outbox, told, completed }) => {
    await add("i1");
    await add("i2", { data: { failure: { code: "cancelled" } } });
    for (const id of ["i1", "i2"]) {
      await end(id, "fail");
      await outbox.flush(id);
    }
    assert.deepEqual(await told(), [`msg_i1_failed ${notifyUrl}`, `msg_i2_cancelled ${notifyUrl}`]);
    assert.equal(completed.length, 0);
  }));

test("NOTIFY_URL and the install's own URL are both notified, each once", () =>
  withOutcomes(async ({ add, end, outbox, told }) => {
    await add("i1", { data: { request: { ...installData().request, callbackUrl } } });
    await end("i1", "complete");
    await outbox.flush("i1");
    const [first, second, ...rest] = await told();
    assert.equal(first, `msg_i1_completed ${notifyUrl}`);
    assert.match(second ?? "", /^msg_i1_completed_[0-9a-f]{8} https:\/\/callback/);
    assert.deepEqual(rest, []);
  }));

test("the same URL written in two ways is notified once", () =>
  withOutcomes(
    async ({ add, end, outbox, told }) => {
      await add("i1", { data: { request: { ...installData().request, callbackUrl: "https://A.test:443" } } });
      await end("i1", "complete");
      await outbox.flush("i1");
      assert.equal((await told()).length, 1);
    },
    { notifyUrl: "https://a.test/" },
  ));

test("an install's own URL alone has the plain id", () =>
  withOutcomes(
    async ({ add, end, outbox, told }) => {
      await add("i1", { data: { request: { ...installData().request, callbackUrl } } });
      await end("i1", "complete");
      await outbox.flush("i1");
      assert.deepEqual(await told(), [`msg_i1_completed ${callbackUrl}`]);
    },
    { notifyUrl: undefined },
  ));

test("an install without URLs needs no notification, unless its channel wants webhooks", () =>
  withOutcomes(
    async ({ outbox }) => {
      assert.equal(outbox.isWanted({}), false);
      assert.equal(outbox.isWanted({ callbackUrl }), true);
      assert.equal(outbox.isWanted({ channelWebhooks: { url: callbackUrl } }), true);
    },
    { notifyUrl: undefined },
  ));

test("with NOTIFY_URL every install is notified", () =>
  withOutcomes(async ({ outbox }) => assert.equal(outbox.isWanted({}), true)));

test("settling an install that has not ended leaves it for later", () =>
  withOutcomes(async ({ add, end, outbox, told, outboxIds }) => {
    await add("i1");
    await outbox.add("i1");
    await outbox.flush("i1");
    assert.deepEqual(await told(), []);
    assert.deepEqual(await outboxIds(), ["i1"]);
    await end("i1", "complete");
    await outbox.flush("i1");
    assert.equal((await told()).length, 1);
  }));

test("an install that was not added to the outbox is not notified", () =>
  withOutcomes(async ({ add, start, complete, outbox, told }) => {
    await add("i1");
    await start("t");
    await complete("i1", "t");
    await outbox.flush("i1");
    assert.deepEqual(await told(), []);
  }));

test("a worker killed between the end and the telling is made up for by a sweep, once", () =>
  withOutcomes(async ({ add, end, outbox, told, outboxIds, clock, completed }) => {
    await add("i1");
    await end("i1", "complete");
    assert.deepEqual(await outbox.sweep(), { notified: 0, waiting: 0, dropped: 0, failed: 0 }, "it is young");
    clock.move(leftBehindMs);
    assert.deepEqual(await outbox.sweep(), { notified: 1, waiting: 0, dropped: 0, failed: 0 });
    assert.equal((await told()).length, 1);
    assert.deepEqual(await outboxIds(), []);
    assert.equal(completed.length, 1);
    assert.deepEqual(await outbox.sweep(), { notified: 0, waiting: 0, dropped: 0, failed: 0 });
  }));

test("two sweeps and a worker at once notify once", () =>
  withOutcomes(async ({ add, end, outbox, told, clock, outboxIds }) => {
    const ids = Array.from({ length: 60 }, (_, n) => `i${n}`);
    for (const id of ids) {
      await add(id);
      await end(id, "complete");
    }
    clock.move(leftBehindMs);
    await Promise.all([outbox.sweep(), outbox.sweep(), ...ids.map((id) => outbox.flush(id))]);
    assert.equal((await told()).length, 60);
    assert.deepEqual(await outboxIds(), []);
  }));

test("an install killed before its end waits in the outbox behind the others", () =>
  withOutcomes(async ({ add, outbox, outboxIds, clock, client, keys }) => {
    await add("i1", { delayMs: 3_600_000 });
    await outbox.add("i1");
    clock.move(leftBehindMs);
    assert.deepEqual(await outbox.sweep(), { notified: 0, waiting: 1, dropped: 0, failed: 0 });
    assert.deepEqual(await outboxIds(), ["i1"]);
    assert.equal(Number(await client.zscore(keys.outbox, "i1")), clock.now());
    assert.deepEqual(await outbox.sweep(), { notified: 0, waiting: 0, dropped: 0, failed: 0 });
  }));

test("an install that is gone is dropped from the outbox", () =>
  withOutcomes(async ({ outbox, outboxIds, clock, told }) => {
    await outbox.add("gone");
    clock.move(leftBehindMs);
    assert.deepEqual(await outbox.sweep(), { notified: 0, waiting: 0, dropped: 1, failed: 0 });
    assert.deepEqual(await outboxIds(), []);
    assert.deepEqual(await told(), []);
  }));

test("an install whose data are no JSON is notified like others", () =>
  withOutcomes(async ({ add, end, outbox, told, outboxIds, clock, client, keys }) => {
    await add("i1");
    await end("i1", "complete");
    await client.hset(keys.job("i1"), "data", "not JSON");
    clock.move(leftBehindMs);
    assert.deepEqual(await outbox.sweep(), { notified: 1, waiting: 0, dropped: 0, failed: 0 });
    assert.deepEqual(await told(), [`msg_i1_completed ${notifyUrl}`]);
    assert.deepEqual(await outboxIds(), []);
  }));

test("one install that cannot be flushed does not keep the others from being notified", () =>
  withOutcomes(async ({ add, end, outbox, told, outboxIds, clock, client, keys }) => {
    for (const id of ["i1", "i2"]) {
      await add(id);
      await end(id, "complete");
    }
    // Not a hash: Redis refuses to read it.
    await client.del(keys.job("i1"));
    await client.set(keys.job("i1"), "");
    clock.move(leftBehindMs);
    assert.deepEqual(await outbox.sweep(), { notified: 1, waiting: 0, dropped: 0, failed: 1 });
    assert.deepEqual(await told(), [`msg_i2_completed ${notifyUrl}`]);
    assert.deepEqual(await outboxIds(), ["i1"]);
  }));

test("what else a completed install needs is done before it is forgotten", () => {
  let failures = 1;
  return withOutcomes(
    async ({ add, end, outbox, outboxIds, told, clock, completed }) => {
      await add("i1");
      await end("i1", "complete");
      await assert.rejects(outbox.flush("i1"), /not now/);
      assert.deepEqual(await outboxIds(), ["i1"]);
      clock.move(leftBehindMs);
      assert.equal((await outbox.sweep()).notified, 1);
      assert.equal(completed.length, 2);
      assert.equal((await told()).length, 1);
    },
    {
      notifyUrl,
      onCompleted: () => {
        failures -= 1;
        if (failures === 0) throw new Error("not now");
      },
    },
  );
});

test("an install that failed and was healed is notified twice, under two ids", () =>
  withOutcomes(async ({ add, end, outbox, told, queue }) => {
    await add("i1");
    await end("i1", "fail");
    await outbox.flush("i1");
    await (await queue.getJob("i1"))?.retry("failed");
    await end("i1", "complete");
    await outbox.flush("i1");
    assert.deepEqual(await told(), [`msg_i1_failed ${notifyUrl}`, `msg_i1_completed ${notifyUrl}`]);
  }));

test("an install that was retried and failed again is notified again", () =>
  withOutcomes(async ({ add, end, outbox, told, queue }) => {
    await add("i1");
    await end("i1", "fail");
    await outbox.flush("i1");
    const job = await queue.getJob("i1");
    await job?.updateData(installData({ retries: 1 }));
    await job?.retry("failed");
    await end("i1", "fail");
    await outbox.flush("i1");
    assert.deepEqual(await told(), [`msg_i1_failed ${notifyUrl}`, `msg_i1_failed_2 ${notifyUrl}`]);
  }));

test("a heal that fails again notifies nothing new", () =>
  withOutcomes(async ({ add, end, outbox, told, queue }) => {
    await add("i1");
    await end("i1", "fail");
    await outbox.flush("i1");
    await (await queue.getJob("i1"))?.retry("failed");
    await end("i1", "fail");
    await outbox.flush("i1");
    assert.deepEqual(await told(), [`msg_i1_failed ${notifyUrl}`]);
  }));

test("an end added while the one before is being notified is not lost", () =>
  withQueue(async ({ client, keys, clock, add, start, fail }) => {
    await add("i1");
    await start("t");
    const installs = createInstalls({ client, keys, retentionMs, now: clock.now });
    const outbox = createOutbox({
      client,
      keys,
      installs,
      notifyUrl,
      now: clock.now,
      notifications: {
        announce: async () => {
          clock.move(1);
          await outbox.add("i1");
        },
      },
    });
    await outbox.add("i1");
    await fail("i1", "t");
    await outbox.flush("i1");
    assert.deepEqual(await client.zrange(keys.outbox, "0", "-1"), ["i1"]);
  }));
