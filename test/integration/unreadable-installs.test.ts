import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { createEraseNumber } from "../../src/queue/erase/erase.ts";
import { createReadFleet } from "../../src/queue/maintenance/fleet-state.ts";
import { createRepairJobs } from "../../src/queue/maintenance/repair-jobs.ts";
import { createNotificationsQueue } from "../../src/queue/outbox/data.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, type Stack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";
import { healthyEnv, runDoctor } from "./doctor-fixture.ts";

const installSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});
const pageSchema = z.looseObject({ items: z.array(installSchema) });
const dataSchema = z.looseObject({ request: z.looseObject({}) });

/** What a rollback, another writer or a bad disk may leave of a job's data, and the member that is to blame. */
const forms: readonly (readonly [what: string, change: (data: string) => string, names: string])[] = [
  ["a value of a newer version", (data) => json({ ...read(data), held: "of_a_newer_version" }), "held"],
  ["broken JSON", (data) => data.slice(0, -20), "data"],
  ["no data", () => "{}", "request"],
  ["another shape", (data) => json([read(data)]), "data"],
  ["a request without its name", (data) => json({ ...read(data), request: omit("name", data) }), "name"],
  [
    "a moment beyond all dates",
    (data) => json({ ...read(data), attempts: "many", waiting: { sinceMs: 9e15 }, connectorId: "c1" }),
    "attempts",
  ],
];

const read = (data: string) => dataSchema.parse(JSON.parse(data));
const json = (value: unknown): string => JSON.stringify(value);
const omit = (name: string, data: string) =>
  Object.fromEntries(Object.entries(read(data).request).filter(([each]) => each !== name));

const spoil = async ({ client, keys }: Stack, id: string, change: (data: string) => string) => {
  const job = keys.ofInstall(id).job(id);
  await client.hset(job, "data", change((await client.hget(job, "data")) ?? ""));
};

for (const [what, change, names] of forms) {
  test(`${what}: the install is shown as internal with what cannot be read, and spoils no list`, () =>
    withStackActions({ startsPaused: true }, async (stack) => {
      const { install: bad } = await stack.producer.enqueue(installRequest(0));
      const { install: good } = await stack.producer.enqueue(installRequest(1));
      await spoil(stack, bad.id, change);
      const api = await stack.startAnApi();
      const get = async (path: string): Promise<unknown> => {
        const response = await fetch(api.url + path);
        assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
        return response.json();
      };
      const shown = installSchema.parse(await get(`/v1/installs/${bad.id}`));
      assert.equal(shown.error?.code, "internal");
      assert.match(
        shown.error?.message ?? "",
        new RegExp(`cannot be read by this version of Perch: .*${names}`),
      );
      const { items } = pageSchema.parse(await get("/v1/installs"));
      assert.deepEqual(
        items.map(({ id, error }) => [id, error?.code]),
        [
          [good.id, undefined],
          [bad.id, "internal"],
        ],
      );
      for (const filter of ["status=queued", `workspaceId=${good.workspaceId}`, "errorCode=internal"])
        await get(`/v1/installs?${filter}`);
      assert.equal(installSchema.parse(await get(`/v1/installs/${good.id}`)).error, undefined);
      const fleet = await createReadFleet(stack)();
      assert.equal(fleet.installs.queued, 2);
      const { checks } = await runDoctor(healthyEnv(stack), { keys: stack.keys });
      const sealed = checks.find(({ id }) => id === "sealed_installs");
      assert.equal(sealed?.status, "ok");
    }));

  test(`${what}: a run of it ends as internal, and the next install completes`, () =>
    withStackActions({ startsPaused: true }, async (stack, { actions }) => {
      const { install: bad } = await stack.producer.enqueue(installRequest(0));
      await spoil(stack, bad.id, change);
      const { install: good } = await stack.producer.enqueue(installRequest(1));
      await stack.startAnotherWorker();
      assert.equal((await stack.producer.waitFor(good.id, { timeoutMs: 10_000 })).status, "completed");
      const failed = await until("it has failed", async () => {
        const install = await stack.producer.installs.find(bad.id);
        return install?.status === "failed" && install;
      });
      assert.equal(failed.error?.code, "internal");
      await assert.rejects(actions.retry(bad.id, {}), /cannot be read by this version of Perch/);
    }));
}

test("an install that cannot be read is erased with its number, and the other's stays", () =>
  withStackActions({ startsPaused: true }, async (stack) => {
    const { client, keys: all, producer } = stack;
    const [{ install: bad }, { install: other }] = [
      await producer.enqueue(installRequest(0)),
      await producer.enqueue(installRequest(1, { metadata: { friend: installRequest(0).phoneNumber } })),
    ];
    // Both are of one workspace, so of one shard.
    const keys = all.ofInstall(bad.id);
    await spoil(stack, bad.id, (data) => data.slice(0, -20));
    await spoil(stack, other.id, (data) => json({ ...read(data), held: "of_a_newer_version" }));
    await stack.startAnotherWorker();
    await until("both have failed", async () => (await client.zcard(keys.installsIn("failed"))) === 2);
    const notificationsQueue = createNotificationsQueue({
      client,
      keys: all,
      retentionMs: quickSettings.retentionMs,
    });
    const { installs, batches } = producer;
    const { retentionMs } = quickSettings;
    const erase = createEraseNumber({
      client,
      keys: all,
      installs,
      batches,
      notificationsQueue,
      retentionMs,
    });
    const { phoneNumber } = installRequest(0);
    await client.zrem(keys.outbox, bad.id);
    assert.equal((await erase.erase(phoneNumber)).installs, 1);
    assert.equal(await client.exists(keys.job(bad.id)), 0);
    assert.equal(await client.exists(keys.job(other.id)), 1);
    await notificationsQueue.close();
  }));

test("a batch whose rows, name or install cannot be read still lists its rows and finishes", () =>
  withStackActions({ startsPaused: true }, async (stack) => {
    const { client, keys, producer } = stack;
    const rows = [0, 1].map((n) => ({ row: n + 1, input: installRequest(n) }));
    const started = await producer.importRows([...rows, { row: 3, input: { name: "no number" } }], {
      name: "b",
    });
    const ids: string[] = [];
    for await (const row of started.rows) if ("install" in row) ids.push(row.install.id);
    const [batchId = ""] = await producer.batches.findOpen();
    await spoil(stack, ids[0] ?? "", (data) => data.slice(0, -20));
    await client.hset(`${keys.home().batch(batchId)}:rejects`, 3, "{broken");
    await client.hset(keys.home().batch(batchId), { haltAt: "broken", createdAt: "never" });
    const api = await stack.startAnApi();
    for (const path of ["", `/${batchId}`, `/${batchId}/results`, `/${batchId}/results?format=ndjson`]) {
      const response = await fetch(`${api.url}/v1/batches${path}`);
      const text = await response.text();
      assert.equal(response.status, 200, text);
    }
    await stack.startAnotherWorker();
    await until("the batch has finished", async () => {
      const batch = await producer.batches.find(batchId);
      return batch?.status === "finished" && batch.completed === 1 && batch.failed === 1;
    });
  }));

test("jobs in hand whose data are no JSON are mended once, and no others", () =>
  withStackActions({ startsPaused: true }, async ({ client, keys }) => {
    const active = keys.installsIn("active");
    await client.hset(keys.job("broken"), { data: '{"request":', opts: "{" });
    await client.hset(keys.job("whole"), { data: "{}", opts: "{}" });
    await client.rpush(active, "broken", "whole", "gone");
    const repair = createRepairJobs({ client, keys });
    assert.deepEqual(await repair(), ["broken"]);
    assert.deepEqual(await client.hmget(keys.job("broken"), "data", "opts", "broken:data"), [
      "{}",
      "{}",
      '{"request":',
    ]);
    assert.deepEqual(await repair(), []);
  }));
