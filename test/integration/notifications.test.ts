import assert from "node:assert/strict";
import test from "node:test";
import { NotificationNotFoundError, NotificationStateError } from "../../src/queue/outbox/notifications.ts";
import type { Notification } from "../../src/queue/outbox/view.ts";
import { until } from "../support/until.ts";
import { answerWith, type NotifySetup, withNotify } from "./notify-fixture.ts";

/** All pages of a list, read a few at a time. */
const readAll = async (
  { notifications }: NotifySetup,
  limit: number,
  status?: Notification["status"],
): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await notifications.list({ status, limit, cursor });
    assert.ok(page.items.length <= limit);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    if (cursor === undefined) return ids;
  }
};

test("announcing twice makes one notification, also after it was delivered", () =>
  withNotify(async (setup) => {
    const { receiver, start, announce, ends, notifications } = setup;
    const { url, received } = await receiver(answerWith(200));
    const id = await announce(url);
    await Promise.all([announce(url), announce(url)]);
    assert.deepEqual(await readAll(setup, 10), [id]);
    await start();
    await ends(id, "delivered");
    await announce(url);
    const other = await announce(url, "i2");
    await ends(other, "delivered");
    assert.equal(received.length, 2);
    assert.equal((await notifications.list({ status: "pending", limit: 10 })).items.length, 0);
  }));

test("a thing that ended the same way again, and a second URL, have notifications of their own", () =>
  withNotify(async (setup) => {
    const { receiver, start, notifications } = setup;
    const [one, two] = [await receiver(answerWith(200)), await receiver(answerWith(200))];
    const outcome = { type: "install.failed", subjectId: "i1", data: { id: "i1" } } as const;
    await notifications.announce({ ...outcome, url: one.url });
    await notifications.announce({ ...outcome, url: one.url, generation: 2 });
    await notifications.announce({ ...outcome, url: two.url, isExtra: true });
    await start();
    await until("all are delivered", async () => (await readAll(setup, 10, "delivered")).length === 3);
    assert.deepEqual(one.received.map(({ headers }) => headers["webhook-id"]).toSorted(), [
      "msg_i1_failed",
      "msg_i1_failed_2",
    ]);
    // One outcome, one webhook-id, for every receiver.
    assert.deepEqual(
      two.received.map(({ headers }) => headers["webhook-id"]),
      ["msg_i1_failed"],
    );
  }));

test("a batch is notified like an install", () =>
  withNotify(async ({ receiver, start, ends, notifications }) => {
    const { url, received } = await receiver(answerWith(200));
    await notifications.announce({
      type: "batch.finished",
      subjectId: "b1",
      url,
      data: { id: "b1", rows: 3 },
    });
    await start();
    await ends("msg_b1_finished", "delivered");
    assert.match(
      received[0]?.body ?? "",
      /^\{"type":"batch.finished","timestamp":"[^"]+","data":\{"id":"b1","rows":3\}\}$/,
    );
  }));

test("lists are read newest first and page by page, many of one moment included", () => {
  let nowMs = Date.now();
  return withNotify(
    async (setup) => {
      const announced: string[] = [];
      for (let n = 0; n < 230; n += 1) {
        if (n % 115 === 0) nowMs += 1;
        announced.push(await setup.announce("https://a.test/", `i${String(n).padStart(3, "0")}`));
      }
      const newestFirst = announced.toReversed();
      for (const limit of [1, 7, 100, 1000]) {
        assert.deepEqual(await readAll(setup, limit), newestFirst);
        assert.deepEqual(await readAll(setup, limit, "pending"), newestFirst);
      }
      assert.deepEqual(await readAll(setup, 10, "failed"), []);
      assert.deepEqual(await readAll(setup, 10, "delivered"), []);
    },
    { now: () => nowMs },
  );
});

test("dead letters are listed by themselves and leave the list when they are delivered after all", () =>
  withNotify(async (setup) => {
    const { receiver, start, announce, ends, notifications, client, keys } = setup;
    const good = await receiver(answerWith(200));
    const bad = await receiver(answerWith(500, 500, 500, 500, 200));
    await start();
    const [failed, delivered] = [await announce(bad.url, "bad"), await announce(good.url, "good")];
    await Promise.all([ends(delivered, "delivered"), ends(failed, "failed")]);
    assert.deepEqual(await readAll(setup, 10, "failed"), [failed]);
    assert.deepEqual(await readAll(setup, 10, "delivered"), [delivered]);
    assert.equal((await readAll(setup, 10)).length, 2);
    await until("none is pending", async () => (await client.zcard(keys.pendingNotifications)) === 0);
    await notifications.resend(failed);
    await ends(failed, "delivered");
    assert.deepEqual(await readAll(setup, 10), [failed, delivered], "it is the newest now");
    assert.deepEqual(await readAll(setup, 10, "failed"), []);
    assert.deepEqual(await readAll(setup, 10, "delivered"), [failed, delivered]);
  }));

test("an invented cursor ends the list", () =>
  withNotify(async ({ announce, notifications }) => {
    await announce("https://a.test/");
    const page = await notifications.list({ limit: 10, cursor: "nonsense" });
    assert.deepEqual(page, { items: [], nextCursor: undefined });
  }));

test("a wrong entry of an index is corrected by its readers", () => {
  let nowMs = Date.now();
  return withNotify(
    async (setup) => {
      const { client, keys, announce } = setup;
      const id = await announce("https://a.test/");
      await client.zadd(keys.notifications, nowMs, "gone");
      await client.zadd(keys.pendingNotifications, nowMs, "gone");
      await readAll(setup, 10);
      assert.equal(await client.zcard(keys.notifications), 2, "it may be one that is just being added");
      nowMs += 2 * 3_600_000;
      assert.deepEqual(await readAll(setup, 10), [id]);
      assert.deepEqual(await readAll(setup, 10, "pending"), [id]);
      assert.equal(await client.zcard(keys.notifications), 1);
      assert.equal(await client.zcard(keys.pendingNotifications), 1);
    },
    { now: () => nowMs },
  );
});

test("the indexes do not outgrow what is kept", () => {
  let nowMs = Date.now();
  return withNotify(
    async ({ client, keys, announce }) => {
      await announce("https://a.test/", "old");
      nowMs += 3_600_000 + 8 * 86_400_000;
      await announce("https://a.test/", "new");
      assert.deepEqual(await client.zrange(keys.notifications, "0", "-1"), ["msg_new_completed"]);
      assert.deepEqual(await client.zrange(keys.pendingNotifications, "0", "-1"), ["msg_new_completed"]);
    },
    { now: () => nowMs },
  );
});

test("a notification that is due already is not sent again, and one that is not there neither", () =>
  withNotify(async ({ announce, notifications }) => {
    const id = await announce("https://a.test/");
    await assert.rejects(notifications.resend(id), NotificationStateError);
    await assert.rejects(notifications.resend("msg_none_completed"), NotificationNotFoundError);
    assert.equal(await notifications.find("msg_none_completed"), undefined);
  }));

test("of two who send a dead letter again at once, it is sent once", () =>
  withNotify(async ({ receiver, start, announce, ends, notifications }) => {
    const { url, received } = await receiver(answerWith(410, 200));
    const notifier = await start();
    const id = await announce(url);
    await ends(id, "failed");
    await notifier.close();
    const results = await Promise.allSettled([notifications.resend(id), notifications.resend(id)]);
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    const refused = results.find((result) => result.status === "rejected");
    assert.ok(refused?.reason instanceof NotificationStateError);
    await start();
    await ends(id, "delivered");
    assert.equal(received.length, 2);
  }));
