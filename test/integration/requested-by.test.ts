import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { statusCommand } from "../../src/cli/installs/status.ts";
import { cliRequester } from "../../src/cli/open/requester.ts";
import { installWithTimelineSchema } from "../../src/install/install.ts";
import { createProducer } from "../../src/producer/producer.ts";
import type { ApiAnswer, ApiClient } from "../support/api-client.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { requestIn, withTenants, workspaceA } from "./tenants-fixture.ts";

const idOf = (answer: ApiAnswer): string => answer.as(z.looseObject({ id: z.string() })).id;

/** What is on an install's timeline, and who asked for it. */
const requestersOf = async (call: ApiClient, id: string) => {
  const { requestedBy, timeline } = (await call(`/v1/installs/${id}`)).as(installWithTimelineSchema);
  const named = timeline.filter((entry) => entry.requestedBy !== undefined);
  return { requestedBy, steps: named.map((entry) => [entry.what, entry.requestedBy]) };
};

test("an install names the key that made it, and each action on it the key of that", () =>
  withTenants(
    { sandbox: { faults: [{ fault: { kind: "status", status: 422 }, times: 1 }] } },
    async ({ a, operator, stack }) => {
      const made = await a("/v1/installs", { json: requestIn(workspaceA, 1) });
      const id = idOf(made);
      assert.equal(made.body.requestedBy, "tenant-a");
      assert.equal((await stack.producer.waitFor(id)).status, "failed");
      const retried = await operator(`/v1/installs/${id}/retry`, { json: { name: "other" } });
      assert.equal(retried.status, 200, retried.text);
      assert.equal((await stack.producer.waitFor(id)).status, "completed");
      const again = await operator("/v1/installs", { json: requestIn(workspaceA, 1) });
      assert.deepEqual(
        [again.status, again.body.requestedBy],
        [200, "tenant-a"],
        "whoever asks again joins it",
      );
      assert.equal((await operator(`/v1/installs/${id}/connector`, { method: "DELETE" })).status, 200);
      assert.deepEqual(await requestersOf(a, id), {
        requestedBy: "tenant-a",
        steps: [
          ["queued", "tenant-a"],
          ["retried", "operator"],
          ["connector deleted at Bird", "operator"],
        ],
      });
      const io = createTestIo();
      assert.equal(await statusCommand({ io, producer: stack.producer }, { id, json: false }), 0);
      assert.match(io.out(), /^ {2}by {9}tenant-a$/m);
      assert.match(io.out(), /retried \(replaced name, requestedBy operator\)$/m);
    },
  ));

test("a cancel names its key, and a key is never shown", () =>
  withTenants({ startsPaused: true }, async ({ a, operator, stack }) => {
    const id = idOf(await a("/v1/installs", { json: requestIn(workspaceA, 1) }));
    assert.equal((await operator(`/v1/installs/${id}/cancel`, { method: "POST" })).status, 200);
    assert.deepEqual((await requestersOf(a, id)).steps, [
      ["queued", "tenant-a"],
      ["cancel requested", "operator"],
    ]);
    const { client, keys } = stack;
    const stored = JSON.stringify([
      await client.hgetall(keys.ofInstall(id).job(id)),
      await client.lrange(keys.ofInstall(id).logs(id), 0, -1),
    ]);
    assert.match(stored, /tenant-a/);
    assert.doesNotMatch(stored, /tenant-a-key|operator-key/);
  }));

test("a batch, its installs and what is decided about it name the keys", () =>
  withTenants({}, async ({ a, operator, stack }) => {
    const rows = [1, 2].map((n) => JSON.stringify(requestIn(workspaceA, n))).join("\n");
    await stack.worker.close();
    const made = await a("/v1/batches", { text: rows, headers: { "content-type": "application/x-ndjson" } });
    const id = idOf(made);
    assert.equal(made.body.requestedBy, "tenant-a");
    const decide = async (call: ApiClient, what: string) => {
      const answer = await call(`/v1/batches/${id}/${what}`, { method: "POST" });
      assert.equal(answer.status, 200, answer.text);
      return z.object({ decision: z.string(), requestedBy: z.string() }).parse(answer.body.lastDecision);
    };
    assert.deepEqual(await decide(operator, "pause"), { decision: "pause", requestedBy: "operator" });
    assert.deepEqual(
      await decide(a, "pause"),
      { decision: "pause", requestedBy: "operator" },
      "it was so already",
    );
    assert.deepEqual(await decide(a, "resume"), { decision: "resume", requestedBy: "tenant-a" });
    assert.deepEqual(await decide(operator, "cancel"), { decision: "cancel", requestedBy: "operator" });
    await stack.startAnotherWorker();
    await until("the batch is cancelled", async () => (await stack.producer.batches.find(id))?.finishedAt);
    const { items } = await stack.producer.installs.list({ batchId: id, limit: 5 });
    assert.equal(items.length, 2);
    // A run may meet the cancelled batch, or be asked to end before it does.
    for (const install of items) {
      const { requestedBy, steps } = await requestersOf(a, install.id);
      assert.equal(requestedBy, "tenant-a");
      assert.deepEqual(steps[0], ["queued", "tenant-a"]);
      const [[what, by] = [], ...others] = steps.slice(1);
      assert.ok(what === "cancelled" || what === "cancel requested", String(what));
      assert.equal(by, "operator");
      assert.deepEqual(others, []);
    }
    assert.equal((await a(`/v1/batches/${id}/retry`, { json: {} })).body.retried, 2);
    assert.deepEqual((await requestersOf(a, items[0]?.id ?? "")).steps.at(-1), ["retried", "tenant-a"]);
    const after = await stack.producer.batches.find(id);
    assert.deepEqual([after?.requestedBy, after?.lastDecision?.requestedBy], ["tenant-a", "tenant-a"]);
  }));

test("an install that waited for a held workspace names who resumed it", () =>
  withTenants(
    {
      worker: { holdBaseMs: 600_000, holdCapMs: 600_000 },
      sandbox: { faults: [{ fault: { kind: "status", status: 401 }, times: 1 }] },
    },
    async ({ a, operator, stack }) => {
      const id = idOf(await a("/v1/installs", { json: requestIn(workspaceA, 1) }));
      await until("it is held", async () => (await stack.producer.installs.find(id))?.status === "held");
      const resumed = await operator(`/v1/workspaces/${workspaceA}/resume`, { method: "POST" });
      assert.equal(resumed.body.woken, 1);
      await stack.producer.waitFor(id);
      assert.deepEqual((await requestersOf(a, id)).steps, [
        ["queued", "tenant-a"],
        ["workspace resumed", "operator"],
      ]);
    },
  ));

test("the library stores the requester its program passes, by producer or by call; without one none", () =>
  withStack({ startsPaused: true }, async ({ producer, redisUrl, sealingKeyText, keys, client }) => {
    const options = {
      redisUrl,
      sealingKeys: sealingKeyText,
      prefix: keys.prefix,
      shards: keys.shards.length,
    };
    await assert.rejects(createProducer({ ...options, requestedBy: "a\nb" }), /requestedBy must be/);
    const named = await createProducer({ ...options, requestedBy: "billing" });
    try {
      const one = await named.enqueue(requestIn(workspaceA, 1));
      const other = await named.enqueue(requestIn(workspaceA, 2), { requestedBy: "anna" });
      assert.deepEqual([one.install.requestedBy, other.install.requestedBy], ["billing", "anna"]);
      await assert.rejects(
        named.enqueue(requestIn(workspaceA, 3), { requestedBy: "x".repeat(101) }),
        /requestedBy must be/,
      );
      const rows = await Array.fromAsync(
        named.enqueueMany([requestIn(workspaceA, 4)], { batchName: "many" }),
      );
      const [row] = rows;
      assert.ok(row !== undefined && "install" in row);
      assert.equal(row.install.requestedBy, "billing");
      assert.equal((await named.batches.find(row.install.batchId ?? ""))?.requestedBy, "billing");
    } finally {
      await named.close();
    }
    const { install } = await producer.enqueue(requestIn(workspaceA, 5));
    assert.equal(install.requestedBy, undefined);
    assert.doesNotMatch(
      (await client.hget(keys.ofInstall(install.id).job(install.id), "data")) ?? "",
      /requestedBy/,
    );
    assert.deepEqual(Object.keys((await producer.installs.timeline(install.id))[0] ?? {}), ["at", "what"]);
  }));

test("a command acts for the user of the machine", () => {
  assert.match(cliRequester(), /^cli(:[A-Za-z0-9._@-]{1,64})?$/);
});
