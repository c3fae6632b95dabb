import assert from "node:assert/strict";
import test from "node:test";
import { ulid } from "ulid";
import { statsCommand } from "../../src/cli/stats/stats.ts";
import { errorCodes } from "../../src/install/errors/install-error.ts";
import { type StatsHour, statsHoursMax, statsSchema, timeBoundsMs } from "../../src/install/stats.ts";
import { useShards } from "../../src/queue/keyspace/shard-users.ts";
import { createHourlyCounts, type HourlyCounts } from "../../src/queue/stats/hourly-counts.ts";
import { createReadStats } from "../../src/queue/stats/stats.ts";
import { countIdsWithin, indexId } from "../../src/redis/id-set.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";

/** Some workspaces, so that several shards have installs. */
const workspaceOf = (n: number): string => `0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d1${n % 8}`;
const heldWorkspace = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const refuse = (n: number) =>
  ({ phoneId: installRequest(n).phoneId, times: "always", fault: { kind: "status", status: 422 } }) as const;

/** A whole hour may pass while a test runs: what it counts is in one of the last two. */
const sumOf = (hours: readonly StatsHour[], of: (hour: StatsHour) => number): number =>
  hours.reduce((sum, hour) => sum + of(hour), 0);

const readOver = async ({ startAnApi }: Stack) =>
  (await createApiClient((await startAnApi()).url)("/v1/stats?hours=2")).as(statsSchema);

const options = {
  worker: { holdBaseMs: 3_600_000, holdCapMs: 3_600_000 },
  sandbox: {
    faults: [
      ...[1, 2].map(refuse),
      { workspaceId: heldWorkspace, times: "always", fault: { kind: "status", status: 401 } },
    ],
  },
} as const satisfies StackOptions;

for (const shards of [undefined, 3]) {
  const where = shards === undefined ? "" : " in several shards";

  test(`GET /v1/stats says what is in hand and what ended how${where}`, () =>
    withStack({ ...options, ...(shards !== undefined && { shards }) }, async (stack) => {
      const { producer, worker, client, keys } = stack;
      const process = useShards({ client, keys, role: "worker" });
      const install = async (n: number, change = {}) =>
        (await producer.enqueue(installRequest(n, { workspaceId: workspaceOf(n), ...change }))).install.id;
      const ends = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => install(n)));
      await Promise.all(ends.map((id) => producer.waitFor(id, { timeoutMs: 20_000 })));
      const stuck = await install(8, { workspaceId: heldWorkspace });
      await until("it is held", async () => (await producer.installs.find(stuck))?.status === "held");
      await worker.close();

      const { now, hours, at, countedEveryMs } = await readOver(stack);
      assert.equal(hours.length, 2);
      assert.deepEqual(
        hours.map(({ isOver }) => isOver),
        [true, false],
      );
      assert.ok(Date.parse(at) - Date.parse(hours.at(-1)?.from ?? "") < 3_600_000);
      assert.equal(countedEveryMs, 5000);
      assert.equal(
        sumOf(hours, ({ created }) => created),
        8,
      );
      assert.equal(
        sumOf(hours, ({ kept }) => kept.completed),
        5,
      );
      assert.equal(
        sumOf(hours, ({ kept }) => kept.failed),
        2,
      );
      assert.equal(
        sumOf(hours, ({ ended }) => ended.completed),
        5,
      );
      assert.equal(
        sumOf(hours, ({ ended }) => ended.failed),
        2,
      );
      assert.equal(
        sumOf(hours, ({ ended }) => ended.cancelled),
        0,
      );
      assert.deepEqual(
        hours.flatMap(({ failuresByCode }) => failuresByCode.map(({ code }) => code)),
        ["rejected_by_bird"],
      );
      assert.equal(
        sumOf(hours, ({ createToEvent }) => createToEvent.count),
        5,
      );
      assert.equal(sumOf(hours, ({ birdAnswers }) => birdAnswers["2xx"]) >= 5, true);
      // Two creates of 422, and one of 401.
      assert.equal(sumOf(hours, ({ birdAnswers }) => birdAnswers["4xx"]) >= 3, true);

      assert.equal(now.inFlight, 1);
      assert.deepEqual(now.installs, {
        ...{ queued: 0, submitting: 0, awaiting_channel: 0, retrying: 0, held: 1 },
        ...{ completed: 5, failed: 2, cancelled: 0 },
      });
      assert.deepEqual(now.heldWorkspaces, { rate_limited: 0, unauthorized: 1 });
      assert.equal(now.pace.endedLastMinute, 7);
      assert.deepEqual(
        now.processes.map(({ role, processId }) => [role, processId]),
        [["worker", globalThis.process.pid]],
      );
      assert.ok(now.redis.every(({ usedBytes }) => usedBytes > 0) && now.redis.length > 0);
      await process.stop();

      const io = createTestIo();
      const readStats = createReadStats({ client, keys });
      assert.equal(await statsCommand({ io, readStats }, { hours: 2, json: false }), 0);
      assert.match(io.out(), /in flight +1: 1 held\n/);
      assert.match(io.out(), /held +1 workspace unauthorized, 0 rate_limited\n/);
      assert.match(io.out(), /2 rejected_by_bird\n/);
      const asJson = createTestIo();
      assert.equal(await statsCommand({ io: asJson, readStats }, { hours: 2, json: true }), 0);
      assert.equal(statsSchema.parse(JSON.parse(asJson.out())).now.inFlight, 1);
      assert.equal(await statsCommand({ io, readStats }, { hours: 0, json: false }), 2);
      assert.equal(await statsCommand({ io, readStats }, { hours: statsHoursMax + 1, json: false }), 2);
    }));
}

test("an install that is cancelled ends as cancelled, and a retried one ends again", () =>
  withStack({ sandbox: { faults: [refuse(1)] } }, async (stack) => {
    const { producer, worker } = stack;
    const { url } = await stack.startAnApi();
    const call = createApiClient(url);
    const failed = (await producer.enqueue(installRequest(1))).install.id;
    await producer.waitFor(failed, { timeoutMs: 20_000 });
    assert.equal((await call(`/v1/installs/${failed}/retry`, { method: "POST" })).status, 200);
    await producer.waitFor(failed, { timeoutMs: 20_000 });
    await worker.close();
    const waiting = (await producer.enqueue(installRequest(2))).install.id;
    const other = await stack.startAnotherWorker();
    assert.ok([200, 409].includes((await call(`/v1/installs/${waiting}/cancel`, { method: "POST" })).status));
    const { status } = await producer.waitFor(waiting, { timeoutMs: 20_000 });
    await other.close();
    const { hours } = (await call("/v1/stats?hours=2")).as(statsSchema);
    assert.equal(
      sumOf(hours, ({ ended }) => ended.failed),
      2,
    );
    assert.equal(
      sumOf(hours, ({ kept }) => kept.failed),
      status === "cancelled" ? 2 : 1,
    );
    assert.equal(
      sumOf(hours, ({ ended }) => ended[status === "cancelled" ? "cancelled" : "completed"]),
      1,
    );
  }));

/** Counts once whatever can be counted. */
const countAll = ({ countEnd, countBird }: HourlyCounts): void => {
  for (const code of errorCodes) countEnd({ outcome: "failed", code });
  for (const bound of [...timeBoundsMs, 1e12]) countEnd({ outcome: "completed", createToEventMs: bound });
  countEnd({ outcome: "cancelled" });
  for (const status of [201, 302, 404, 429, 503, "unanswered", "not_sent", "withheld"] as const)
    countBird(status);
};

test("an hour with everything in it takes less than 200 bytes a field, and goes after eight days", () =>
  withStack({ startsPaused: true }, async ({ client, keys }) => {
    const counts = createHourlyCounts({ client, keys });
    for (let n = 0; n < 1000; n += 1) countAll(counts);
    await counts.close();
    const [key = "", ...others] = await client.keys(`${keys.stats}:*`);
    assert.deepEqual(others, []);
    const fields = await client.hlen(key);
    assert.ok(fields >= errorCodes.length + timeBoundsMs.length + 12);
    const bytes = Number(await client.memory("USAGE", key));
    assert.ok(bytes <= 200 * fields, `${bytes} bytes for ${fields} fields`);
    const ttlMs = await client.pttl(key);
    assert.ok(ttlMs > 0 && ttlMs <= statsHoursMax * 3_600_000);
    const { hours } = await createReadStats({ client, keys })({ hours: 2 });
    assert.equal(
      sumOf(hours, ({ ended }) => ended.failed),
      1000 * errorCodes.length,
    );
    assert.equal(
      sumOf(hours, ({ createToEvent }) => createToEvent.buckets.at(-1)?.count ?? 0),
      1000,
    );
  }));

test("several processes add to the same hour, and what one has not written yet is not in it", () =>
  withStack({ startsPaused: true }, async ({ client, keys }) => {
    const [one, two, killed] = [1, 2, 3].map(() => createHourlyCounts({ client, keys }, { everyMs: 1e9 }));
    assert.ok(one && two && killed);
    for (const counts of [one, two, killed]) counts.countEnd({ outcome: "cancelled" });
    await Promise.all([one.close(), two.close()]);
    const { hours } = await createReadStats({ client, keys })({ hours: 2 });
    assert.equal(
      sumOf(hours, ({ ended }) => ended.cancelled),
      2,
    );
  }));

test("however many ask for the figures at once, they are read once", () =>
  withStack({ startsPaused: true }, async ({ startAnApi, client, keys }) => {
    const readStats = createReadStats({ client, keys });
    const all = await Promise.all(Array.from({ length: 50 }, () => readStats({ hours: 24 })));
    assert.equal(new Set(all.map(({ at }) => at)).size, 1);
    const call = createApiClient((await startAnApi()).url);
    assert.equal((await call("/v1/stats?hours=192")).as(statsSchema).hours.length, 192);
    for (const hours of ["0", "193", "1.5", "all"])
      assert.equal((await call(`/v1/stats?hours=${hours}`)).status, 422, hours);
  }));

test("ids of a span of time are counted exactly, whatever the leaves they are in", () =>
  withStack({ startsPaused: true }, async ({ client, keys }) => {
    const set = keys.installs;
    const startMs = Date.UTC(2026, 0, 1);
    const times = Array.from({ length: 1500 }, (_, n) => startMs + ((n * 7919) % 5000) * 10);
    for (const atMs of times) await indexId(client, { set, id: ulid(atMs), keptMs: 60_000, oldestId: "0" });
    for (let fromMs = startMs - 10_000; fromMs < startMs + 70_000; fromMs += 5000) {
      const toMs = fromMs + 5000;
      const range = { from: ulid(fromMs).slice(0, 10), to: ulid(toMs).slice(0, 10) };
      const expected = times.filter((atMs) => atMs >= fromMs && atMs < toMs).length;
      assert.equal(await countIdsWithin(client, { set, ...range }), expected, `from ${fromMs - startMs}`);
    }
  }));
