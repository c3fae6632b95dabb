import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { installSchema } from "../../src/install/install.ts";
import { withDelivery } from "../../src/queue/outbox/data.ts";
import { notificationDetailSchema } from "../../src/queue/outbox/view.ts";
import { answerWith, withNotify } from "./notify-fixture.ts";
import { requestIn, withTenants, workspaceA } from "./tenants-fixture.ts";

const itemsSchema = z.object({ items: z.array(z.object({ id: z.string() })) });
const detailSchema = notificationDetailSchema.omit({ isCallback: true });

test("a notification tells each request, its answer and how long that took, also after it was sent again", () =>
  withNotify(async ({ notifications, receiver, start, announce, ends }) => {
    const { url, received } = await receiver(answerWith(500, 302, 204));
    await start();
    const id = await announce(url);
    await ends(id, "delivered");
    const seen = async () => (await notifications.findDetail(id))?.deliveries ?? [];
    const first = await seen();
    assert.deepEqual(
      first.map(({ status, error }) => [status, error === undefined]),
      [
        [500, false],
        [302, false],
        [204, true],
      ],
    );
    assert.ok(
      first.every(({ at, durationMs }) => Date.parse(at) > 0 && durationMs !== undefined && durationMs >= 0),
    );
    await notifications.resend(id);
    await ends(id, "delivered");
    assert.deepEqual(
      (await seen()).map(({ status }) => status),
      [500, 302, 204, 204],
    );
    assert.equal(received.length, 4);
    assert.deepEqual((await seen()).slice(0, 2), first.slice(0, 2));
  }));

test("a request without an answer is told without a status, one that was not sent not at all", () =>
  withNotify(async ({ notifications, start, announce, ends }) => {
    await start({}, { scheduleMs: [0, 5] });
    const refused = await announce("http://127.0.0.1:1/");
    const unsent = await announce("ftp://127.0.0.1/", "other");
    for (const id of [refused, unsent]) await ends(id, "failed");
    const [one, none] = await Promise.all([refused, unsent].map((id) => notifications.findDetail(id)));
    assert.deepEqual(
      one?.deliveries.map(({ status, error }) => [status, typeof error]),
      [
        [undefined, "string"],
        [undefined, "string"],
      ],
    );
    assert.deepEqual(none?.deliveries, []);
  }));

test("a notification remembers its latest twenty requests", () => {
  let deliveries: ReturnType<typeof withDelivery> = [];
  for (let n = 1; n <= 50; n += 1)
    deliveries = withDelivery({ deliveries }, { atMs: n, tookMs: 1, status: 500 });
  assert.deepEqual(
    deliveries.map(({ atMs }) => atMs),
    Array.from({ length: 20 }, (_, n) => 31 + n),
  );
});

test("notifications are found by their install and by their receiver, as far as a key may see that", () =>
  withTenants({ startsPaused: true }, async ({ a, operator, announce }) => {
    const callbackUrl = "https://crm.example/hook?token=mine";
    const secretUrl = "https://operator.example/hook?token=hidden";
    const make = async (n: number) =>
      (await operator("/v1/installs", { json: { ...requestIn(workspaceA, n), callbackUrl } })).as(
        installSchema,
      );
    const [one, other] = [await make(1), await make(2)];
    const toCallback = await announce(one, callbackUrl);
    const toOperator = await announce(one, secretUrl);
    const otherId = await announce(other, callbackUrl);
    const list = async (call: typeof a, query: string) =>
      (await call(`/v1/notifications?${query}`))
        .as(itemsSchema)
        .items.map(({ id }) => id)
        .sort();
    const of = encodeURIComponent;
    for (const call of [a, operator]) {
      assert.deepEqual(await list(call, `installId=${one.id}`), [toCallback, toOperator].sort());
      assert.deepEqual(await list(call, `installId=${one.id}&status=failed`), []);
      assert.deepEqual(await list(call, `installId=${one.id}&url=${of(callbackUrl)}`), [toCallback]);
      assert.deepEqual(await list(call, `url=${of(callbackUrl)}`), [toCallback, otherId].sort());
      assert.deepEqual(await list(call, `url=${of("https://operator.example")}`), [toOperator]);
      assert.deepEqual(await list(call, `batchId=${one.id}&installId=${one.id}`), []);
      assert.deepEqual(await list(call, "installId=01ARZ3NDEKTSV4RRFFQ69G5FAV"), []);
    }
    assert.deepEqual(await list(operator, `url=${of(secretUrl)}`), [toOperator]);
    assert.deepEqual(await list(a, `url=${of(secretUrl)}`), [], "a filter tells nothing of a hidden path");
    const detail = (await a(`/v1/notifications/${toOperator}`)).as(detailSchema);
    assert.deepEqual(
      [detail.url, detail.deliveries, detail.status],
      ["https://operator.example", [], "pending"],
    );
    assert.equal((await operator(`/v1/notifications/${toOperator}`)).as(detailSchema).url, secretUrl);
    for (const query of ["installId=x", "batchId=x", "url=x", "status=odd"])
      assert.equal((await a(`/v1/notifications?${query}`)).status, 422, query);
    for (const id of ["msg_nothing", "nothing"])
      assert.equal((await a(`/v1/notifications/${id}`)).status, 404, id);
  }));
