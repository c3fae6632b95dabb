import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { installSchema } from "../../src/install/install.ts";
import { createNotifications } from "../../src/queue/outbox/notifications.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { quickSettings, type Stack, withStack } from "../support/stack.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";

/** A completed install and a client of the API. */
const withCompleted = (
  run: (
    call: ReturnType<typeof createApiClient>,
    install: z.output<typeof installSchema>,
    stack: Stack,
  ) => Promise<void>,
): Promise<void> =>
  withStack({}, async (stack) => {
    const call = createApiClient((await stack.startAnApi()).url);
    const { id } = (await call("/v1/installs", { json: installRequest(1) })).as(installSchema);
    await run(call, (await call(`/v1/installs/${id}?wait=30`)).as(installSchema), stack);
  });

test("a test message goes through the install's channel", () =>
  withCompleted(async (call, install, { sandbox }) => {
    const path = `/v1/installs/${install.id}/test-message`;
    const sent = await call(path, { json: { to: "00 1 415 555 0199", text: "Hello" } });
    assert.equal(sent.status, 200, sent.text);
    assert.equal(typeof sent.body.messageId, "string");
    assert.equal(sandbox.report().messages.length, 1);
    for (const json of [
      {},
      { to: "+14155550199" },
      { to: "1", text: "x" },
      { to: "+14155550199", text: "x", extra: 1 },
    ])
      assert.equal((await call(path, { json })).status, 422, JSON.stringify(json));
    assert.equal(
      (await call("/v1/installs/nobody/test-message", { json: { to: "+14155550199", text: "x" } })).status,
      404,
    );
  }));

test("uninstalling deletes the connector at Bird, frees the number, and may be repeated", () =>
  withCompleted(async (call, install, { sandbox }) => {
    const path = `/v1/installs/${install.id}/connector`;
    for (let n = 0; n < 2; n += 1) {
      const gone = await call(path, { method: "DELETE" });
      assert.equal(gone.status, 200, gone.text);
      assert.ok(gone.as(installSchema).uninstalledAt);
    }
    assert.ok(sandbox.report().connectors[0]?.deletedAt);
    const message = await call(`/v1/installs/${install.id}/test-message`, {
      json: { to: "+14155550199", text: "x" },
    });
    assert.equal(message.status, 409);
    assert.equal(message.body.code, "wrong_state");
    assert.equal((await call("/v1/installs", { json: installRequest(1) })).status, 202);
    assert.equal((await call("/v1/installs/nobody/connector", { method: "DELETE" })).status, 404);
  }));

test("what Bird refuses is 502 with its catalogue code, and 503 when Bird is unavailable", () =>
  withStack({}, async (stack) => {
    const call = createApiClient((await stack.startAnApi({ birdAccessKey: "wrong" })).url);
    const { id } = (await call("/v1/installs", { json: installRequest(1) })).as(installSchema);
    await call(`/v1/installs/${id}?wait=30`);
    const refused = await call(`/v1/installs/${id}/connector`, { method: "DELETE" });
    assert.deepEqual([refused.status, refused.body.code], [502, "unauthorized"]);
    const nowhere = await stack.startAnApi({ birdApiUrl: "http://127.0.0.1:1" });
    const away = await createApiClient(nowhere.url)(`/v1/installs/${id}/connector`, { method: "DELETE" });
    assert.deepEqual([away.status, away.body.code], [503, "bird_unavailable"]);
    assert.ok(away.headers.get("retry-after"));
  }));

test("a workspace shows its hold and held installs, and resuming runs them", async () => {
  const faults = [{ workspaceId, times: "always", fault: { kind: "status", status: 401 } }] as const;
  const worker = { holdBaseMs: 600_000, holdCapMs: 600_000 };
  await withStack({ sandbox: { faults }, worker }, async (stack) => {
    const call = createApiClient((await stack.startAnApi()).url);
    const { id } = (await call("/v1/installs", { json: installRequest(1) })).as(installSchema);
    await until("it is held", async () => {
      const { status } = (await call(`/v1/installs/${id}`)).as(installSchema);
      return status === "held";
    });
    const holdSchema = z.object({ reason: z.string(), until: z.iso.datetime() });
    const workspaceSchema = z.strictObject({
      workspaceId: z.literal(workspaceId),
      hold: holdSchema.optional(),
      installs: z.literal(1),
      heldInstalls: z.number(),
      newestByStatus: z.record(z.string(), z.number()),
      hasOwnAccessKey: z.literal(false),
      budgetAheadMs: z.number(),
      // Written every five seconds, so it may be there by the second look.
      lastEventAt: z.iso.datetime().optional(),
    });
    const look = async () => (await call(`/v1/workspaces/${workspaceId.toUpperCase()}`)).as(workspaceSchema);
    const held = await look();
    assert.deepEqual([held.hold?.reason, held.heldInstalls], ["unauthorized", 1]);
    stack.sandbox.setFaults([]);
    const resumed = await call(`/v1/workspaces/${workspaceId}/resume`, { method: "POST" });
    assert.equal(resumed.status, 200);
    const { woken, lifted } = resumed.as(z.object({ woken: z.number(), lifted: holdSchema }));
    assert.deepEqual([woken, lifted.reason], [1, "unauthorized"]);
    assert.equal((await call(`/v1/installs/${id}?wait=30`)).as(installSchema).status, "completed");
    const free = await look();
    assert.deepEqual([free.hold, free.heldInstalls], [undefined, 0]);
    const unknown = await call("/v1/workspaces/1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21");
    assert.deepEqual([unknown.status, unknown.body.installs, unknown.body.heldInstalls], [200, 0, 0]);
  });
});

test("notifications are listed, and sent again once they have ended", () =>
  withStack({}, async (stack) => {
    const { client, keys } = stack;
    const call = createApiClient((await stack.startAnApi()).url);
    const notifications = createNotifications({
      client,
      keys,
      digests: testDigests,
      now: Date.now,
      retentionMs: quickSettings.retentionMs,
    });
    try {
      for (const subjectId of ["A", "B"])
        await notifications.announce({
          type: "install.completed",
          subjectId,
          url: "https://crm.example/",
          data: {},
        });
      const pageSchema = z.object({
        items: z.array(z.object({ id: z.string(), status: z.string() })),
        nextCursor: z.string().optional(),
      });
      const first = (await call("/v1/notifications?limit=1&status=pending")).as(pageSchema);
      const second = (await call(`/v1/notifications?limit=1&cursor=${first.nextCursor}`)).as(pageSchema);
      const ids = [...first.items, ...second.items].map(({ id }) => id).sort();
      assert.deepEqual(ids, ["msg_A_completed", "msg_B_completed"]);
      assert.deepEqual((await call("/v1/notifications?status=failed")).body.items, []);
      assert.equal((await call("/v1/notifications?status=odd")).status, 422);
      const pending = await call("/v1/notifications/msg_A_completed/resend", { method: "POST" });
      assert.deepEqual([pending.status, pending.body.code], [409, "wrong_state"]);
      for (const id of ["msg_nobody", "completed", "events", "meta"]) {
        const unknown = await call(`/v1/notifications/${id}/resend`, { method: "POST" });
        assert.equal(unknown.status, 404, id);
      }
    } finally {
      await notifications.close();
    }
  }));

test("unmatched events are listed, newest first", () =>
  withStack({}, async (stack) => {
    const call = createApiClient((await stack.startAnApi()).url);
    const { client, keys } = stack;
    for (const n of [1, 2, 3]) {
      const origin = JSON.stringify({ workspaceId, identifier: "+14155550101" });
      await client.hset(keys.unmatchedEvent(workspaceId, `c${n}`), {
        channel: `ch${n}`,
        status: "active",
        origin,
      });
      await client.zadd(keys.unmatched, 1_000 * n, `${workspaceId}:c${n}`);
    }
    const first = await call("/v1/events/unmatched?limit=2");
    const pageSchema = z.object({
      items: z.array(
        z.object({ connectorId: z.string(), channelId: z.string(), arrivedAt: z.iso.datetime() }),
      ),
      nextCursor: z.string().optional(),
    });
    const page = first.as(pageSchema);
    assert.deepEqual(
      page.items.map(({ connectorId }) => connectorId),
      ["c3", "c2"],
    );
    assert.equal(page.items[0]?.arrivedAt, new Date(3000).toISOString());
    const rest = (await call(`/v1/events/unmatched?limit=2&cursor=${page.nextCursor}`)).as(pageSchema);
    assert.deepEqual(
      [rest.items.map(({ connectorId }) => connectorId), rest.nextCursor],
      [["c1"], undefined],
    );
  }));
