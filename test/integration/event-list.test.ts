import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { hashApiKey } from "../../src/api/auth/api-keys.ts";
import { eventsCommand } from "../../src/cli/events/events.ts";
import { createCountRefused, createListRefused } from "../../src/queue/matching/refused.ts";
import { createUnmatchedEvents } from "../../src/queue/matching/unmatched.ts";
import { createUnreadableEvents } from "../../src/queue/matching/unreadable.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { sendEvent } from "../support/signed-event.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";

const pageSchema = z.object({
  items: z.array(z.looseObject({ state: z.string() })),
  nextCursor: z.string().optional(),
});

const otherWorkspace = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const retentionMs = 3_600_000;

const openApi = async ({ startAnApi }: Stack) => {
  const call = createApiClient((await startAnApi()).url);
  return async (query: string) => {
    const answer = await call(`/v1/events${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.as(pageSchema);
  };
};

const depsOf = ({ client, keys }: Pick<Stack, "client" | "keys">) => ({
  unmatchedEvents: createUnmatchedEvents({ client, keys }),
  unreadableEvents: createUnreadableEvents({ client, keys, retentionMs }),
  listRefused: createListRefused({ client, keys }),
});

for (const shards of [undefined, 3])
  test(`events that completed nothing are listed by what they are${shards === undefined ? "" : " in several shards"}`, () =>
    withStack({ ...(shards !== undefined && { shards }) }, async (stack) => {
      const { producer, keys } = stack;
      const { id } = (await producer.enqueue(installRequest(1))).install;
      const { connectorId = "" } = await producer.waitFor(id, { timeoutMs: 20_000 });
      // A stranger's, one of each kind of conflict, and two that cannot be used.
      await sendEvent(stack, {
        address: workspaceId,
        payload: { connectorId: "c-stray", channelId: "ch-1" },
      });
      await sendEvent(stack, {
        address: otherWorkspace,
        payload: { connectorId: "c-other", channelId: "ch-2", workspaceId },
      });
      // Another shard does not know whose connector it is.
      const isOneShard = keys.shards.length === 1;
      if (isOneShard)
        await sendEvent(stack, { address: otherWorkspace, payload: { connectorId, channelId: "ch-3" } });
      for (const channelId of ["ch-4", "ch-5"])
        await sendEvent(stack, { address: workspaceId, payload: { connectorId: "c-two", channelId } });
      await sendEvent(stack, { address: workspaceId, payload: { note: "CANARY", 14155550123: "CANARY" } });

      const events = await openApi(stack);
      const unmatched = await events("");
      assert.deepEqual(
        unmatched.items.map((event) => [event.state, event.connectorId]),
        [["unmatched", "c-stray"]],
      );
      const conflicts = (await events("?state=conflict")).items;
      const told = conflicts.map((event) => [event.connectorId, event.conflict, event.installId]);
      const expected = [
        ...(isOneShard ? [[connectorId, "other_workspace", id]] : []),
        ["c-other", "named_workspace", undefined],
        ["c-two", "other_channel", undefined],
      ];
      assert.deepEqual(told.toSorted(), expected.toSorted());
      const [unreadable, ...others] = (await events("?state=unreadable")).items;
      assert.deepEqual(others, []);
      assert.deepEqual(unreadable?.shape, {
        service: "text of 8",
        event: "text of 15",
        payload: { "…": "text of 6", note: "text of 6" },
      });
      assert.ok(!JSON.stringify(unreadable).includes("CANARY"));
      assert.deepEqual((await events("?state=refused")).items, []);

      const io = createTestIo();
      const args = { limit: 10, json: false } as const;
      for (const state of ["unmatched", "conflict", "unreadable", "refused"] as const)
        assert.equal(await eventsCommand({ io, ...depsOf(stack) }, { state, ...args }), 0);
      assert.match(io.out(), /c-stray/);
      assert.match(io.out(), /c-other .*named_workspace/);
      assert.match(io.out(), /names neither a connector nor a channel/);
    }));

test("refused webhooks are counted by reason, with the first and the last, by all webhook services together", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { webhook, client, keys } = stack;
    const post = (path: string) =>
      fetch(`${webhook.url}${path}`, {
        method: "POST",
        body: "{}",
        headers: { "content-type": "application/json" },
      });
    const beganMs = Date.now();
    for (let n = 0; n < 3; n += 1) assert.equal((await post("/webhooks/bird")).status, 401);
    assert.equal((await post("/elsewhere")).status, 404);
    assert.equal(await sendEvent(stack, { address: workspaceId, payload: {}, key: "another" }), 401);
    const other = createCountRefused({ client, keys, retentionMs });
    other.count("no_signature");
    await other.close();
    await webhook.close();

    const events = await openApi(stack);
    const { items } = await events("?state=refused");
    const byReason = new Map(items.map((item) => [item.reason, item]));
    assert.deepEqual([...byReason.keys()].sort(), ["bad_signature", "no_signature", "not_found"]);
    assert.equal(byReason.get("no_signature")?.count, 4);
    assert.equal(byReason.get("not_found")?.count, 1);
    assert.match(String(byReason.get("bad_signature")?.action), /WEBHOOK_PUBLIC_URL/);
    for (const { firstAt, lastAt } of items) {
      const [first, last] = [Date.parse(String(firstAt)), Date.parse(String(lastAt))];
      assert.ok(first <= last && first >= beganMs - 1000 && last <= Date.now() + 1000, `${first} ${last}`);
    }
    const ttlMs = await client.pttl(keys.home().refusedEvents("no_signature"));
    assert.ok(ttlMs > 0 && ttlMs <= retentionMs);
  }));

test("what Redis did not take is counted with the next write, since its first", () =>
  withStack({ startsPaused: true }, async ({ client, keys }) => {
    const key = keys.home().refusedEvents("unavailable");
    await client.set(key, "of another type: the script fails");
    const counts = createCountRefused({ client, keys, retentionMs }, { everyMs: 20 });
    const beganMs = Date.now();
    counts.count("unavailable");
    await until(
      "a write was tried",
      async () => (await client.info("commandstats")).includes("failed_calls=") && Date.now() - beganMs > 100,
    );
    await client.del(key);
    counts.count("unavailable");
    await counts.close();
    const [found] = await createListRefused({ client, keys })();
    assert.equal(found?.count, 2);
    assert.ok(Date.parse(found?.firstAt ?? "") <= beganMs + 50, "the first is not forgotten");
  }));

test("pages of each kind hold every event of it once", () =>
  withStack({ startsPaused: true }, async (stack) => {
    for (let n = 0; n < 6; n += 1) {
      await sendEvent(stack, { address: workspaceId, payload: { connectorId: `c-${n}`, channelId: "ch" } });
      await sendEvent(stack, {
        address: otherWorkspace,
        payload: { connectorId: `x-${n}`, channelId: "ch", workspaceId },
      });
      await sendEvent(stack, { address: workspaceId, payload: { n } });
    }
    const events = await openApi(stack);
    for (const state of ["unmatched", "conflict", "unreadable"]) {
      const seen: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page = await events(
          `?state=${state}&limit=2${cursor === undefined ? "" : `&cursor=${cursor}`}`,
        );
        assert.ok(page.items.every((item) => item.state === state));
        seen.push(...page.items.map((item) => item.id ?? item.connectorId));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      assert.equal(new Set(seen).size, 6, state);
      assert.equal(seen.length, 6, state);
    }
  }));

test("a key for some workspaces lists their events, names no install, and is refused what is of no workspace", () =>
  withStack({ startsPaused: true }, async (stack) => {
    await sendEvent(stack, { address: workspaceId, payload: { connectorId: "c-mine", channelId: "ch" } });
    await sendEvent(stack, {
      address: otherWorkspace,
      payload: { connectorId: "c-theirs", channelId: "ch" },
    });
    const secret = "k".repeat(43);
    const key = {
      name: "one",
      hash: hashApiKey(secret),
      scopes: ["read"],
      workspaces: [workspaceId],
    } as const;
    const call = createApiClient((await stack.startAnApi({ keys: [key] })).url, secret);
    const { items } = (await call("/v1/events")).as(pageSchema);
    assert.deepEqual(
      items.map(({ connectorId }) => connectorId),
      ["c-mine"],
    );
    for (const state of ["unreadable", "refused"])
      assert.equal((await call(`/v1/events?state=${state}`)).status, 403, state);
    assert.equal((await call("/v1/events?state=other")).status, 422);
  }));
