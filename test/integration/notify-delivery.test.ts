import assert from "node:assert/strict";
import test from "node:test";
import { pino } from "pino";
import { Webhook } from "standardwebhooks";
import { until } from "../support/until.ts";
import { answerWith, secret, withNotify } from "./notify-fixture.ts";

const otherSecret = `whsec_${Buffer.from("another secret of thirty-two byte").toString("base64")}`;

test("the reference verifier accepts what is sent", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url, received } = await receiver(answerWith(204));
    await start();
    const id = await announce(url);
    const delivered = await ends(id, "delivered");
    const [request] = received;
    assert.ok(request);
    assert.deepEqual(new Webhook(secret).verify(request.body, request.headers), {
      type: "install.completed",
      timestamp: "2026-11-23T07:00:00.000Z",
      data: { id: "i1", status: "completed" },
    });
    assert.equal(request.headers["webhook-id"], id);
    assert.equal(request.headers["content-type"], "application/json");
    assert.equal(request.headers["user-agent"], "perch/1.2.3");
    assert.equal(delivered.lastStatus, 204);
    assert.equal(delivered.attempts, 1);
    assert.ok(delivered.deliveredAt);
    assert.throws(() => new Webhook(otherSecret).verify(request.body, request.headers));
  }));

test("while a secret is rotated receivers may verify with either", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url, received } = await receiver(answerWith(200));
    await start({ secrets: [otherSecret, secret] });
    await ends(await announce(url), "delivered");
    const [request] = received;
    assert.ok(request);
    for (const each of [secret, otherSecret]) new Webhook(each).verify(request.body, request.headers);
    const [first] = (request.headers["webhook-signature"] ?? "").split(" ");
    new Webhook(otherSecret).verify(request.body, { ...request.headers, "webhook-signature": first ?? "" });
  }));

test("a receiver that fails three times gets it the fourth time, the same under the same id", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url, received } = await receiver(answerWith(500, 503, 404, 200));
    await start();
    const id = await announce(url);
    const delivered = await ends(id, "delivered");
    assert.equal(delivered.attempts, 4);
    assert.equal(received.length, 4);
    assert.deepEqual(new Set(received.map(({ headers }) => headers["webhook-id"])), new Set([id]));
    assert.equal(new Set(received.map(({ body }) => body)).size, 1);
  }));

test("what is never taken becomes a dead letter that says why", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url, received } = await receiver(answerWith(500));
    await start();
    const failed = await ends(await announce(url), "failed");
    assert.equal(received.length, 4);
    assert.equal(failed.attempts, 4);
    assert.equal(failed.lastStatus, 500);
    assert.equal(failed.lastError, "The receiver answered 500.");
    assert.equal(failed.nextAttemptAt, undefined);
  }));

test("between requests a notification is pending and shows when it is sent next", () =>
  withNotify(async ({ receiver, start, announce, notifications }) => {
    const { url } = await receiver(answerWith(500));
    const startMs = Date.now();
    await start({}, { scheduleMs: [0, 3_600_000] });
    const id = await announce(url);
    const waiting = await until("it waits", async () => {
      const found = await notifications.find(id);
      return found?.nextAttemptAt !== undefined && found;
    });
    assert.equal(waiting.status, "pending");
    assert.equal(waiting.attempts, 1);
    assert.equal(waiting.lastStatus, 500);
    const delayMs = Date.parse(waiting.nextAttemptAt ?? "") - startMs;
    assert.ok(delayMs >= 3_600_000 && delayMs < 3_660_000);
  }));

test("a notification that waits for its next request is sent at once when asked, and counts on", () =>
  withNotify(async ({ receiver, start, announce, notifications, ends }) => {
    const { url, received } = await receiver(answerWith(500, 500, 200));
    await start({}, { scheduleMs: [0, 3_600_000, 3_600_000] });
    const id = await announce(url);
    const waits = (attempts: number) =>
      until(`it waits after ${attempts}`, async () => {
        const found = await notifications.find(id);
        return found?.attempts === attempts && found.nextAttemptAt !== undefined;
      });
    await waits(1);
    assert.equal((await notifications.resend(id)).nextAttemptAt, undefined);
    await waits(2);
    await notifications.resend(id);
    assert.equal((await ends(id, "delivered")).attempts, 3);
    assert.deepEqual(new Set(received.map(({ headers }) => headers["webhook-id"])), new Set([id]));
  }));

test("Retry-After puts the next request off", () =>
  withNotify(async ({ receiver, start, announce, notifications }) => {
    const { url } = await receiver((response) => response.writeHead(429, { "retry-after": "7200" }).end());
    const startMs = Date.now();
    await start();
    const id = await announce(url);
    const next = await until("it waits", async () => (await notifications.find(id))?.nextAttemptAt);
    assert.ok(Date.parse(next) - startMs >= 7_200_000);
  }));

test("a receiver that hangs is given up on after the time-out", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url } = await receiver(() => undefined);
    await start({ timeoutMs: 50 }, { scheduleMs: [0] });
    const failed = await ends(await announce(url), "failed");
    assert.equal(failed.lastStatus, undefined);
    assert.equal(failed.lastError, "The receiver did not answer within 0.05 s.");
  }));

test("a receiver that resets the connection is tried again", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url, received } = await receiver((response, request, nth) =>
      nth === 0 ? request.socket.resetAndDestroy() : response.end(),
    );
    await start();
    assert.equal((await ends(await announce(url), "delivered")).attempts, 2);
    assert.equal(received.length, 2);
  }));

test("a refused connection is a failure like any other", () =>
  withNotify(async ({ start, announce, ends }) => {
    await start();
    const failed = await ends(await announce("http://127.0.0.1:1/hook"), "failed");
    assert.equal(failed.attempts, 4);
    assert.match(failed.lastError ?? "", /ECONNREFUSED/);
  }));

test("redirects are not followed", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const elsewhere = await receiver(answerWith(200));
    for (const status of [301, 302, 303, 307, 308]) {
      const { url } = await receiver((response) =>
        response.writeHead(status, { location: elsewhere.url }).end(),
      );
      await start({}, { scheduleMs: [0] });
      const failed = await ends(await announce(url, `i${status}`), "failed");
      assert.equal(failed.lastStatus, status);
      assert.match(failed.lastError ?? "", /redirects are not followed/);
    }
    assert.equal(elsewhere.received.length, 0);
  }));

test("an answer that does not end counts by its status", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url } = await receiver((response) => response.writeHead(200).write("a"));
    await start({ timeoutMs: 100 });
    assert.equal((await ends(await announce(url), "delivered")).attempts, 1);
  }));

test("of a long answer only the beginning is read", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const closed = Promise.withResolvers<void>();
    const { url } = await receiver((response) => {
      const more = (): void => {
        while (response.write("a".repeat(65_536)));
      };
      response.on("drain", more).on("close", closed.resolve).on("error", closed.reject);
      more();
    });
    await start({ timeoutMs: 30_000 });
    await ends(await announce(url), "delivered");
    await closed.promise;
  }));

test("410 stops a URL: what comes later is a dead letter at once, until one is sent again", () =>
  withNotify(async ({ receiver, start, announce, ends, notifications }) => {
    const { url, received } = await receiver(answerWith(410, 200));
    const other = await receiver(answerWith(200));
    await start();
    const first = await ends(await announce(url, "i1"), "failed");
    assert.equal(first.attempts, 1);
    assert.equal(first.lastStatus, 410);
    const second = await ends(await announce(url, "i2"), "failed");
    assert.equal(second.attempts, 0);
    assert.match(second.lastError ?? "", /answered 410 before/);
    await ends(await announce(other.url, "i3"), "delivered");
    assert.equal(received.length, 1);

    await notifications.resend(second.id);
    await ends(second.id, "delivered");
    await ends(await announce(url, "i4"), "delivered");
    assert.deepEqual(
      received.map(({ headers }) => headers["webhook-id"]),
      [first.id, second.id, "msg_i4_completed"],
    );
  }));

test("without a secret nothing is sent, and the dead letter says what to set", () =>
  withNotify(async ({ receiver, start, announce, ends, notifications }) => {
    const { url, received } = await receiver(answerWith(200));
    const unsigned = await start({ secrets: [] });
    const failed = await ends(await announce(url), "failed");
    assert.match(failed.lastError ?? "", /set NOTIFY_SECRET/);
    assert.equal(received.length, 0);
    await unsigned.close();
    await start();
    await notifications.resend(failed.id);
    await ends(failed.id, "delivered");
  }));

test("a notification sent again has its whole schedule before it, and the same id", () =>
  withNotify(async ({ receiver, start, announce, ends, notifications }) => {
    const { url, received } = await receiver(answerWith(500, 500, 500, 500, 500, 200, 200));
    await start();
    const id = await announce(url);
    await ends(id, "failed");
    const again = await notifications.resend(id);
    assert.equal(again.status, "pending");
    assert.equal((await ends(id, "delivered")).attempts, 6);
    await notifications.resend(id);
    const twice = await until("it was delivered twice", async () => {
      const found = await notifications.find(id);
      return found?.attempts === 7 && found;
    });
    assert.equal(twice.status, "delivered");
    assert.deepEqual(new Set(received.map(({ headers }) => headers["webhook-id"])), new Set([id]));
  }));

test("a receiver that hangs does not hold up the others", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const hanging = await receiver(() => undefined);
    const healthy = await receiver(answerWith(200));
    for (let n = 0; n < 30; n += 1) await announce(hanging.url, `hanging${n}`);
    const ids: string[] = [];
    for (let n = 0; n < 10; n += 1) ids.push(await announce(healthy.url, `healthy${n}`));
    await start({ concurrency: 5, timeoutMs: 30_000 });
    for (const id of ids) await ends(id, "delivered");
    assert.ok(hanging.received.length <= 4, "a place is left for others");
  }));

test("a receiver that answers gets many at once", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const open: (() => void)[] = [];
    const { url } = await receiver((response, _, nth) => {
      open.push(() => response.end());
      if (nth === 0) open.pop()?.();
      if (open.length === 8) for (const answer of open) answer();
    });
    await start({ concurrency: 10 });
    await ends(await announce(url, "first"), "delivered");
    const ids = await Promise.all(Array.from({ length: 8 }, (_, n) => announce(url, `i${n}`)));
    for (const id of ids) await ends(id, "delivered");
  }));

test("many notifications for one receiver all arrive, each once", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url, received } = await receiver(answerWith(200));
    await start({ concurrency: 4 });
    const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => announce(url, `i${n}`)));
    for (const id of ids) await ends(id, "delivered");
    assert.equal(received.length, 60);
    assert.equal(new Set(received.map(({ headers }) => headers["webhook-id"])).size, 60);
  }));

test("a notifier that stops cuts a hanging request off, and the next one sends it again", () =>
  withNotify(async ({ receiver, start, announce, ends, notifications }) => {
    const { url, received } = await receiver((response, _, nth) => (nth === 0 ? undefined : response.end()));
    const first = await start({ timeoutMs: 30_000 });
    const id = await announce(url);
    await until("the request is out", async () => received.length === 1);
    await first.close({ graceMs: 10 });
    assert.equal((await notifications.find(id))?.attempts, 0);
    assert.equal((await notifications.find(id))?.status, "pending");
    await start();
    assert.equal((await ends(id, "delivered")).attempts, 1);
  }));

test("the log has a notification's result, but neither its URL's path and query nor its content", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { url } = await receiver(answerWith(500, 410));
    const lines: string[] = [];
    const log = pino({ level: "trace" }, { write: (line) => lines.push(line) });
    await start({}, { log });
    await ends(await announce(`${url}?key=s3cret`), "failed");
    const text = lines.join("");
    assert.match(text, /sent again later/);
    assert.match(text, /given up/);
    assert.ok(text.includes(`${new URL(url).origin}/…`));
    for (const hidden of ["s3cret", secret.slice(6), '"data"']) assert.ok(!text.includes(hidden), hidden);
  }));
