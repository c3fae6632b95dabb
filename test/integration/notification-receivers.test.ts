import assert from "node:assert/strict";
import test from "node:test";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import type { ApiSettings } from "../../src/api/settings.ts";
import { notificationsListCommand } from "../../src/cli/notifications/list.ts";
import { notificationsResendCommand } from "../../src/cli/notifications/resend.ts";
import { notificationsTestCommand } from "../../src/cli/notifications/test.ts";
import { installSchema } from "../../src/install/install.ts";
import { startNotifier } from "../../src/notify/notifier.ts";
import { createSendTestEvent, testEventSchema } from "../../src/notify/send-test-event.ts";
import { createReadCounted, notificationReceiverSchema } from "../../src/queue/outbox/receivers.ts";
import { createResendMany, manyResentSchema } from "../../src/queue/outbox/resend-many.ts";
import { createWriteProbe } from "../../src/queue/redis-state/write-probe.ts";
import { createApiClient } from "../support/api-client.ts";
import type { Stack } from "../support/stack.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { answerWith, secret, startReceiver, withNotify } from "./notify-fixture.ts";
import { keys, requestIn, type Tenants, withTenants, workspaceA, workspaceB } from "./tenants-fixture.ts";

const receiversSchema = z.strictObject({
  items: z.array(notificationReceiverSchema),
  counted: z.int(),
  isComplete: z.boolean(),
});

const settings = { secrets: [secret], allowPrivate: true, timeoutMs: 5000 } as const;

/** Sends what was announced until each is delivered or given up. */
const sendAll = async ({ stack, notifications }: Tenants): Promise<void> => {
  const { client, keys: redisKeys, log } = stack;
  const notifier = await startNotifier({
    ...{ client, keys: redisKeys, digests: testDigests, log, scheduleMs: [0, 5], random: () => 0 },
    probe: createWriteProbe({ client, keys: redisKeys }),
    settings: { ...settings, concurrency: 10 },
  });
  await until("all have ended", async () => {
    const { items } = await notifications.list({ status: "pending", limit: 1 });
    return items.length === 0;
  });
  await notifier.close({ graceMs: 100 });
};

/** An API that sends test events, and a client of it for a key. */
const openApi = async ({ startAnApi }: Stack, changed: Partial<ApiSettings> = {}) => {
  const { url } = await startAnApi({ keys, notifier: settings, ...changed });
  return (name: string) => createApiClient(url, `${name}-key`);
};

const makeInstall = async ({ operator }: Tenants, workspace: string, n: number, callbackUrl: string) =>
  (await operator("/v1/installs", { json: { ...requestIn(workspace, n), callbackUrl } })).as(installSchema);

const receiversFor = async (call: ReturnType<typeof createApiClient>) =>
  (await call("/v1/notifications/receivers")).as(receiversSchema);

test("receivers are counted with their success rate and last answer, as far as a key may see them", () =>
  withTenants({ startsPaused: true }, async (tenants) => {
    await using opened = new AsyncDisposableStack();
    const bad = await startReceiver(answerWith(204, 503), opened);
    const good = await startReceiver(answerWith(200), opened);
    const notifyUrl = "http://127.0.0.1:1/never-used?token=CANARY";
    const clientOf = await openApi(tenants.stack, { notifyUrl });
    const [operator, a] = [clientOf("operator"), clientOf("tenant-a")];
    assert.deepEqual(await receiversFor(a), { items: [], counted: 0, isComplete: true });
    assert.deepEqual((await receiversFor(operator)).items, [
      { url: notifyUrl, isCallback: false, delivered: 0, pending: 0, failing: 0, dead: 0 },
    ]);
    const install = await makeInstall(tenants, workspaceA, 1, "https://crm.example/hook");
    const foreign = await makeInstall(tenants, workspaceB, 2, "https://other.example/hook");
    const own = { ...install, callbackUrl: bad.url };
    await tenants.announce(own, bad.url);
    await sendAll(tenants);
    for (const n of [1, 2]) {
      const other = { ...own, id: (await makeInstall(tenants, workspaceA, 10 + n, "https://x.example/")).id };
      await tenants.announce(other, bad.url);
    }
    await tenants.announce({ ...foreign, callbackUrl: good.url }, good.url);
    await tenants.announce(own, `${good.url}?token=CANARY`);
    await sendAll(tenants);
    const { items, counted, isComplete } = await until("the count is read again", async () => {
      const found = await receiversFor(operator);
      return (
        found.counted === 5 && found.items.every(({ pending, failing }) => pending + failing === 0) && found
      );
    });
    assert.deepEqual([counted, isComplete, items.length], [5, true, 4]);
    const [first] = items;
    assert.ok(Date.parse(first?.lastAttemptAt ?? "") > 0);
    assert.deepEqual(
      { ...first, lastAttemptAt: undefined },
      {
        ...{
          url: bad.url,
          isCallback: true,
          delivered: 1,
          pending: 0,
          failing: 0,
          dead: 2,
          successRate: 1 / 3,
        },
        ...{ lastAttemptAt: undefined, lastStatus: 503, lastError: "The receiver answered 503." },
      },
    );
    const seen = (await receiversFor(a)).items;
    assert.deepEqual(
      seen.map(({ url, isCallback }) => [url, isCallback]).sort(),
      [
        [new URL(good.url).origin, false],
        [bad.url, true],
      ].sort(),
    );
    assert.equal(
      (await operator("/v1/notifications/receivers?limit=1")).as(receiversSchema).isComplete,
      false,
    );
  }));

test("what is counted of receivers is bounded, and says so", () =>
  withNotify(async ({ notifications, start, announce, ends }) => {
    await start({ secrets: [] });
    for (const n of [1, 2, 3, 4]) await ends(await announce(`https://crm.example/${n}`, `i${n}`), "failed");
    const few = await createReadCounted({ notifications, max: 3 })();
    assert.deepEqual([few.newest.length, few.dead.length, few.isComplete], [3, 3, false]);
    const all = await createReadCounted({ notifications, max: 5 })();
    assert.deepEqual([all.newest.length, all.dead.length, all.isComplete], [4, 4, true]);
  }));

test("all dead letters of one receiver are sent again by the server, in steps and counted first", () =>
  withNotify(async ({ notifications, start, announce, ends }) => {
    const notifier = await start({ secrets: [] });
    const url = "https://crm.example/hook";
    for (let from = 0; from < 1050; from += 50)
      await Promise.all(Array.from({ length: 50 }, (_, n) => announce(url, `i${from + n}`)));
    const other = await announce("https://other.example/", "other");
    await ends(other, "failed");
    await until("none is pending", async () => {
      const { items } = await notifications.list({ status: "pending", limit: 1 });
      return items.length === 0;
    });
    await notifier.close();
    const resendMany = createResendMany({ notifications });
    const isMeant = async (one: { readonly url: string }): Promise<boolean> => one.url === url;
    const counted = await resendMany({ isMeant, dryRun: true });
    assert.deepEqual([counted.matched, counted.resent, counted.isComplete], [1050, 0, true]);
    const first = await resendMany({ isMeant });
    assert.deepEqual([first.matched, first.resent, first.isComplete], [1000, 1000, false]);
    const second = await resendMany({ isMeant, cursor: first.nextCursor });
    assert.deepEqual([second.matched, second.resent, second.isComplete], [50, 50, true]);
    assert.equal((await notifications.find(other))?.status, "failed");
    assert.equal((await resendMany({ isMeant })).matched, 0);
  }));

test("a key for some workspaces sends dead letters again to the addresses of its installs only", () =>
  withTenants({ startsPaused: true }, async (tenants) => {
    await using opened = new AsyncDisposableStack();
    const receiver = await startReceiver(answerWith(500, 500, 500, 500, 200), opened);
    const operators = `${receiver.url}/operators`;
    const { operator, a, b, readerA } = tenants;
    const install = await makeInstall(tenants, workspaceA, 1, "https://crm.example/hook");
    await tenants.announce({ ...install, callbackUrl: receiver.url }, receiver.url);
    await tenants.announce(install, operators);
    await sendAll(tenants);
    const resend = async (call: typeof a, json: object) =>
      (await call("/v1/notifications/resend", { json })).as(manyResentSchema);
    for (const json of [{ url: operators }, { url: new URL(operators).origin }])
      assert.equal((await resend(a, json)).matched, 0, "it goes to other workspaces too");
    assert.equal((await resend(b, { url: receiver.url })).matched, 0);
    for (const json of [
      {},
      { all: false },
      { all: true, url: operators },
      { url: "x" },
      { url: operators, x: 1 },
    ])
      assert.equal((await operator("/v1/notifications/resend", { json })).status, 422, JSON.stringify(json));
    assert.equal((await readerA("/v1/notifications/resend", { json: { all: true } })).status, 403);
    assert.deepEqual(await resend(a, { url: receiver.url, dryRun: true }), {
      ...{ matched: 1, resent: 0, refused: [], isComplete: true },
    });
    assert.equal((await resend(a, { all: true })).resent, 1);
    assert.equal((await resend(operator, { all: true })).resent, 1);
    await sendAll(tenants);
    assert.equal((await resend(operator, { all: true })).matched, 0);
    assert.equal(receiver.received.length, 6);
  }));

test("a test event is signed as every notification, and its answer told", () =>
  withTenants({ startsPaused: true }, async (tenants) => {
    await using opened = new AsyncDisposableStack();
    const receiver = await startReceiver(answerWith(204, 500, 302, 410), opened);
    const clientOf = await openApi(tenants.stack, { notifyUrl: receiver.url });
    const send = async () =>
      (await clientOf("operator")("/v1/notifications/test", { json: { url: receiver.url } })).as(
        testEventSchema,
      );
    const delivered = await send();
    assert.deepEqual([delivered.isDelivered, delivered.status, delivered.error], [true, 204, undefined]);
    const [{ body, headers } = assert.fail()] = receiver.received;
    const message = z.object({ type: z.string() }).parse(new Webhook(secret).verify(body, headers));
    assert.deepEqual([message.type, headers["webhook-id"]], ["perch.test", delivered.id]);
    for (const status of [500, 302, 410]) {
      const refused = await send();
      assert.deepEqual([refused.isDelivered, refused.status], [false, status]);
      assert.match(refused.error ?? "", new RegExp(`answered ${status}`));
    }
    assert.equal(receiver.received.length, 4, "410 to a test stops nothing");
  }));

test("a test event goes to receivers that are known, and to those of a key's own workspaces", () =>
  withTenants({ startsPaused: true }, async (tenants) => {
    await using opened = new AsyncDisposableStack();
    const receiver = await startReceiver(answerWith(200), opened);
    const notifyUrl = `${receiver.url}/operators`;
    const clientOf = await openApi(tenants.stack, { notifyUrl });
    const test = async (name: string, url: string) =>
      (await clientOf(name)("/v1/notifications/test", { json: { url } })).status;
    assert.equal(await test("operator", receiver.url), 404);
    const install = await makeInstall(tenants, workspaceA, 1, "https://crm.example/hook");
    await tenants.announce({ ...install, callbackUrl: receiver.url }, receiver.url);
    await tenants.announce(install, notifyUrl);
    const fresh = await openApi(tenants.stack, { notifyUrl });
    const testNow = async (name: string, url: string) =>
      (await fresh(name)("/v1/notifications/test", { json: { url } })).status;
    assert.equal(await testNow("operator", receiver.url), 200);
    assert.equal(await testNow("tenant-a", receiver.url), 200);
    for (const [name, url] of [
      ["tenant-a", notifyUrl],
      ["tenant-a", new URL(notifyUrl).origin],
      ["tenant-b", receiver.url],
      ["operator", "http://169.254.169.254/"],
    ] as const)
      assert.equal(await testNow(name, url), 404, `${name} ${url}`);
    assert.equal(await testNow("reader-a", receiver.url), 403);
    assert.equal(await testNow("operator", "nonsense"), 422);
    assert.equal(receiver.received.length, 2);
  }));

test("no test event is sent to a private address, or without a secret", () =>
  withTenants({ startsPaused: true }, async (tenants) => {
    await using opened = new AsyncDisposableStack();
    const receiver = await startReceiver(answerWith(200), opened);
    for (const [changed, error] of [
      [{ allowPrivate: false }, /private, loopback/],
      [{ secrets: [] }, /NOTIFY_SECRET/],
    ] as const) {
      const notifier = { ...settings, ...changed };
      const clientOf = await openApi(tenants.stack, { notifyUrl: receiver.url, notifier });
      const json = { url: receiver.url };
      const result = (await clientOf("operator")("/v1/notifications/test", { json })).as(testEventSchema);
      assert.equal(result.isDelivered, false);
      assert.match(result.error ?? "", error);
    }
    assert.deepEqual(receiver.received, []);
  }));

test("the command line lists notifications and receivers, and sends dead letters of one again", () =>
  withNotify(async ({ notifications, start, announce, ends }) => {
    const notifier = await start({ secrets: [] });
    const url = "https://crm.example/hook";
    await ends(await announce(url, "one"), "failed");
    await ends(await announce("https://other.example/", "two"), "failed");
    await notifier.close();
    const io = createTestIo();
    const deps = { io, notifications, readCounted: createReadCounted({ notifications }) };
    const list = { status: "failed", receivers: false, limit: 10, json: false } as const;
    assert.equal(await notificationsListCommand(deps, { ...list, url }), 0);
    assert.match(io.out(), /msg_one_completed +failed/);
    assert.doesNotMatch(io.out(), /msg_two/);
    assert.equal(await notificationsListCommand(deps, { ...list, receivers: true }), 0);
    assert.match(io.out(), /other\.example/);
    const resend = { io, notifications, resendMany: createResendMany({ notifications }) };
    const args = { yes: true, json: true, all: false } as const;
    assert.equal(await notificationsResendCommand(resend, args), 2, "neither --url nor --all");
    assert.equal(await notificationsResendCommand(resend, { ...args, url }), 0);
    assert.match(io.out(), /"resent": 1/);
    assert.equal((await notifications.find("msg_one_completed"))?.status, "pending");
    assert.equal((await notifications.find("msg_two_completed"))?.status, "failed");
    assert.equal(await notificationsResendCommand(resend, { ...args, id: "msg_two_completed" }), 0);
    assert.equal((await notifications.find("msg_two_completed"))?.status, "pending");
    assert.equal(await notificationsResendCommand(resend, { ...args, id: "msg_none" }), 1);
    assert.match(io.err(), /msg_none/);
    assert.equal(await notificationsResendCommand(resend, { ...args, id: "msg_one", url }), 2, "both");
  }));

test("the command line sends a test event to a receiver, or to NOTIFY_URL, and says what came of it", async () => {
  await using opened = new AsyncDisposableStack();
  const accepting = await startReceiver(answerWith(204), opened);
  const refusing = await startReceiver(answerWith(500), opened);
  const io = createTestIo();
  const sendTestEvent = createSendTestEvent({ settings, version: "1.2.3" });
  const deps = { io, sendTestEvent, notifyUrl: accepting.url };
  assert.equal(await notificationsTestCommand(deps, { json: false }), 0);
  assert.match(io.out(), /Accepted with 204/);
  assert.equal(accepting.received.length, 1);
  assert.equal(await notificationsTestCommand(deps, { url: refusing.url, json: true }), 1);
  assert.match(io.out(), /"status": 500/);
  assert.equal(await notificationsTestCommand({ ...deps, notifyUrl: undefined }, { json: false }), 2);
  assert.equal(await notificationsTestCommand(deps, { url: "crm.example", json: false }), 2);
});
