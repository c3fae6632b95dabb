import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { createProducer } from "../../src/producer/producer.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createKeys, type Keys, sumOfShards } from "../../src/queue/keyspace/keys.ts";
import { createPlacement } from "../../src/queue/keyspace/placement.ts";
import { ShardsError, shardOfId } from "../../src/queue/keyspace/shards.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createUnmatchedEvents } from "../../src/queue/matching/unmatched.ts";
import { createFindWorkspace } from "../../src/queue/workspaces/workspaces.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, type Stack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

const shards = 3;
const { retentionMs } = quickSettings;

/** Workspaces that lie in all shards. */
const workspaceOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

/** A request for a number of a workspace of its own. */
const requestOf = (n: number) => installRequest(n, { workspaceId: workspaceOf(n) });

const requests = (count: number) => Array.from({ length: count }, (_, n) => requestOf(n));

/** A producer that reads what the stack's does, and knows of so many shards. */
const producerWith = (stack: Stack, count: number) =>
  createProducer({
    redisUrl: stack.redisUrl,
    sealingKeys: stack.sealingKeyText,
    prefix: stack.keys.prefix,
    retentionMs,
    shards: count,
  });

const matchingOf = ({ client }: Stack, keys: Keys) => {
  const queues = createInstallsQueues({ client, keys });
  return { ...createMatching({ client, queues, keys, retentionMs }), close: queues.close };
};

const bitsIn = (stack: Stack, batchId: string, name: string) => (shard: Keys) =>
  stack.client.bitcount(`${shard.batch(batchId)}:${name}`);

test("installs are spread over the shards by workspace, and found, listed and cancelled wherever they are", () =>
  withStackActions({ shards }, async (stack, { actions }) => {
    const { producer, sandbox } = stack;
    const ids: string[] = [];
    for (const request of requests(20)) ids.push((await producer.enqueue(request)).install.id);
    assert.equal(new Set(ids.map(shardOfId)).size, shards);
    for (const id of ids) assert.equal((await producer.waitFor(id)).status, "completed");
    assert.deepEqual([...new Set(Object.values(sandbox.report().creates))], [1]);

    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await producer.installs.list({ limit: 5, cursor });
      pages.push(page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    const newestFirst = pages.flat();
    assert.deepEqual(newestFirst, ids.toSorted().toReversed());
    assert.deepEqual(
      pages.filter((page) => page.length > 5),
      [],
    );
    const ofOne = await producer.installs.list({ limit: 5, workspaceId: workspaceOf(3) });
    assert.deepEqual(
      ofOne.items.map(({ id }) => id),
      [ids[3]],
    );
    assert.equal((await producer.enqueue(requestOf(3))).install.id, ids[3]);
    await assert.rejects(actions.cancel(ids[4] ?? ""), { code: "wrong_state" });
  }));

test("a workspace stays in its shard when there are more, and one that was there before in the first", () =>
  withStackActions({ shards: 1, startsPaused: true }, async (stack) => {
    const before = await Promise.all(requests(6).map((request) => stack.producer.enqueue(request)));
    const grown = await producerWith(stack, shards);
    const again = await Promise.all(requests(20).map((request) => grown.enqueue(request)));
    assert.deepEqual(
      again.slice(0, 6).map(({ install }) => install.id),
      before.map(({ install }) => install.id),
    );
    const added = again.slice(6).map(({ install }) => shardOfId(install.id));
    assert.ok(new Set(added).size > 1, `${added}`);

    const more = await producerWith(stack, shards + 2);
    const third = await Promise.all(requests(20).map((request) => more.enqueue(request)));
    assert.deepEqual(
      third.map(({ install, created }) => [install.id, created]),
      again.map(({ install }) => [install.id, false]),
    );
    await Promise.all([grown.close(), more.close()]);
  }));

test("reading an unknown workspace writes nothing and assigns no shard", () =>
  withStackActions({ shards, startsPaused: true }, async ({ client, keys, producer }) => {
    const { workspaceId } = requestOf(7);
    const holds = createHolds({ client, keys, baseMs: 1000, capMs: 1000 });
    assert.equal((await createFindWorkspace({ client, keys, holds })(workspaceId)).installs, 0);
    assert.deepEqual((await producer.installs.list({ workspaceId, limit: 5 })).items, []);
    const { placements } = keys.home();
    assert.equal(await client.exists(placements(workspaceId)), 0);

    const { findShard } = createPlacement({ client, keys });
    const other = (keys.shards.indexOf(await findShard(workspaceId)) + 1) % shards;
    // As a process that knows of more shards may settle it.
    await client.hset(placements(workspaceId), workspaceId, other);
    assert.equal(await findShard(workspaceId), keys.shards[other]);
  }));

test("a process that knows of too few shards does not start, and one that runs takes no more requests", () =>
  withStackActions({ shards: 1, startsPaused: true }, async (stack) => {
    const { client, producer } = stack;
    await producer.enqueue(requestOf(1));
    const more = await producerWith(stack, shards);
    await assert.rejects(producer.enqueue(requestOf(2)), {
      name: "ShardsError",
      code: "too_few_shards",
      message: /SHARDS is too small.*in 3 shards. Set SHARDS=3/,
    });
    const enqueued = await Promise.all(requests(20).map((request) => more.enqueue(request)));
    await more.close();
    const last = enqueued.findIndex(({ install }) => shardOfId(install.id) === 2);
    await assert.rejects(producerWith(stack, 2), ShardsError);
    await assert.rejects(producerWith(stack, 1), ShardsError);
    const few = createPlacement({ client, keys: createKeys(stack.keys.prefix, 2) });
    await assert.rejects(few.assignShard(workspaceOf(last)), ShardsError);
  }));

test("a batch spreads over shards: its counts, pause, canary and end are of all its rows", () =>
  withStackActions({ shards }, async (stack, { batchActions }) => {
    const { producer } = stack;
    const rows = [...requests(20), ...requests(2), { name: "nothing else" }].map((input, index) => ({
      row: index + 1,
      input,
    }));
    const opened = await producer.importRows(rows, { name: "spread", canary: 4 });
    await Array.fromAsync(opened.rows);
    const { batchId } = opened;
    const batch = await until("the batch has finished", async () => {
      const found = await producer.batches.find(batchId);
      return found?.status === "finished" && found;
    });
    const { accepted, attached, rejected, completed } = batch;
    assert.deepEqual([batch.rows, accepted, attached, rejected, completed], [23, 20, 2, 1, 22]);
    assert.deepEqual([batch.queued, batch.awaiting, batch.canary], [0, 0, undefined]);
    const parts = await Promise.all(stack.keys.shards.map(bitsIn(stack, batchId, "accepted")));
    assert.ok(
      parts.every((count) => count > 0),
      `${parts}`,
    );
    const recorded = await Array.fromAsync(producer.batches.rows(batchId));
    assert.deepEqual(
      recorded.map(({ row }) => row),
      rows.map(({ row }) => row),
    );
    assert.deepEqual(await producer.batches.openRows(batchId), []);
    await assert.rejects(batchActions.pause(batchId), { code: "wrong_state" });
  }));

test("a batch's newest failures are those of all shards, by when they failed", () => {
  const refused = requests(30).map(({ phoneNumber }) => ({
    phoneNumber,
    fault: { kind: "status", status: 422 } as const,
  }));
  return withStackActions({ shards, sandbox: { faults: refused } }, async ({ producer, client, keys }) => {
    const rows = requests(30).map((input, index) => ({ row: index + 1, input }));
    const { batchId, rows: read } = await producer.importRows(rows, { name: "refused" });
    const ids = new Map<number, string>();
    for await (const row of read) if ("install" in row) ids.set(row.row, row.install.id);
    await until("the batch has finished", async () => {
      return (await producer.batches.find(batchId))?.status === "finished";
    });
    const ends = await Promise.all(
      [...ids.values()].map((id) => client.hget(keys.ofInstall(id).job(id), "finishedOn")),
    );
    const newestFirst = ends.map(Number).sort((a, b) => b - a);
    const failures = await producer.batches.failures(batchId);
    assert.deepEqual(
      failures.map(({ failedAtMs }) => failedAtMs),
      newestFirst.slice(0, 20),
    );
    assert.ok(new Set(failures.map(({ row }) => shardOfId(ids.get(row) ?? ""))).size > 1);
  });
});

test("no shard sends anything of a paused batch, and all of a resumed one", () =>
  withStackActions({ shards, startsPaused: true }, async (stack, { batchActions }) => {
    const { producer, client, keys } = stack;
    const rows = requests(20).map((input, index) => ({ row: index + 1, input }));
    const opened = await producer.importRows(rows, { name: "paused" });
    await Array.fromAsync(opened.rows);
    await batchActions.pause(opened.batchId);
    await stack.startAnotherWorker();
    const parked = (shard: Keys) => client.zcard(shard.job("delayed"));
    await until("all are parked", async () => (await sumOfShards(keys, parked)) === 20);
    assert.equal(stack.sandbox.report().connectors.length, 0);
    await batchActions.resume(opened.batchId);
    await until("all have completed", async () => {
      const batch = await producer.batches.find(opened.batchId);
      return batch?.status === "finished" && batch.completed === 20;
    });
  }));

test("a number's creates are counted over all shards", () =>
  withStackActions({ shards, worker: { numberMaxCreates: 2 } }, async ({ producer, sandbox }) => {
    const { phoneNumber, phoneId } = installRequest(1);
    const asked = await Promise.all(
      Array.from({ length: 6 }, (_, n) => producer.enqueue({ ...requestOf(n), phoneNumber, phoneId })),
    );
    assert.ok(new Set(asked.map(({ install }) => shardOfId(install.id))).size > 1);
    const ended = await Promise.all(asked.map(({ install }) => producer.waitFor(install.id)));
    const codes = ended.map(({ status, error }) => error?.code ?? status).sort();
    const refused = Array.from({ length: 4 }, () => "number_attempts_exhausted");
    assert.deepEqual(codes, ["completed", "completed", ...refused]);
    assert.equal(sandbox.report().connectors.length, 2);
  }));

test("an event that names no workspace is matched in any shard, before and after the bind", () =>
  withStackActions({ shards, startsPaused: true }, async (stack) => {
    const { client, keys, producer } = stack;
    const matching = matchingOf(stack, keys);
    const enqueued = await Promise.all(requests(20).map((request) => producer.enqueue(request)));
    const elsewhere = enqueued.find(({ install }) => shardOfId(install.id) > 0)?.install;
    assert.ok(elsewhere !== undefined);
    const { id: installId, workspaceId, phoneId, phoneNumber, name, wabaId } = elsewhere;
    const bindOf = (connectorId: string) => ({
      installId,
      connectorId,
      token: "token",
      data: { request: { workspaceId, phoneId, phoneNumber, name, wabaId }, connectorId },
    });
    const eventOf = (connectorId: string) => ({
      connectorId,
      channelId: randomUUID(),
      status: "active",
      isUsable: true,
      workspaceId: undefined,
    });
    await client.set(keys.ofInstall(installId).lock(installId), "token");

    const event = eventOf(randomUUID());
    assert.deepEqual(await matching.arrive(event), { result: "stored", wake: undefined });
    const unmatched = createUnmatchedEvents({ client, keys });
    assert.equal((await unmatched.list({ limit: 5 })).items[0]?.connectorId, event.connectorId);
    const bound = await matching.bind(bindOf(event.connectorId));
    assert.equal(bound.kind === "bound" && bound.taken?.channel?.channelId, event.channelId);
    assert.deepEqual((await unmatched.list({ limit: 5 })).items, []);
    assert.equal(await client.exists(keys.home().unmatchedEvent("", event.connectorId)), 0);
    assert.deepEqual(await matching.arrive(event), { result: "duplicate", wake: undefined });

    const later = { ...event, status: "other", isUsable: false, channelId: randomUUID() };
    assert.equal((await matching.arrive(later)).result, "conflict");
    await matching.close();
  }));
