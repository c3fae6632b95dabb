import assert from "node:assert/strict";
import test from "node:test";
import { type ApiKey, hashApiKey } from "../../src/api/auth/api-keys.ts";
import { createSessions } from "../../src/api/auth/sessions.ts";
import { batchSchema } from "../../src/install/batch.ts";
import { installSchema, installWithTimelineSchema } from "../../src/install/install.ts";
import { statsSchema } from "../../src/install/stats.ts";
import { createSeal } from "../../src/queue/secrets/seal.ts";
import { createApiClient } from "../support/api-client.ts";
import { noneEnded } from "../support/browser.ts";
import { type EventSource, followEvents } from "../support/event-source.ts";
import { monitorRedis, type RedisMonitor } from "../support/redis-monitor.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { withPrivateRedis } from "./private-redis.ts";
import { requestIn, withTenants, workspaceB } from "./tenants-fixture.ts";

const namesOf = ({ events }: EventSource): readonly string[] => events.map(({ name }) => name);
const newest = ({ events }: EventSource) =>
  installWithTimelineSchema.parse(JSON.parse(events.at(-1)?.data ?? "{}"));

const enqueue = async (url: string, n: number, key?: string) =>
  (await createApiClient(url, key)("/v1/installs", { json: installRequest(n) })).as(installSchema);

test("an install is followed from its present state to its end, with its timeline", () =>
  withStack({ startsPaused: true }, async ({ startAnApi, startAnotherWorker }) => {
    const { url } = await startAnApi();
    const { id } = await enqueue(url, 1);
    const stream = await followEvents(`${url}/v1/installs/${id}/events`);
    assert.equal(stream.status, 200);
    await until("the present state is sent", async () => stream.events.length === 1);
    assert.deepEqual([namesOf(stream), newest(stream).status], [["install"], "queued"]);
    await startAnotherWorker();
    assert.equal(await stream.ended, true);
    assert.equal(stream.events.at(-1)?.name, "ended");
    assert.ok(
      namesOf(stream)
        .slice(0, -1)
        .every((name) => name === "install"),
    );
    const whole = await createApiClient(url)(`/v1/installs/${id}`);
    assert.deepEqual(newest(stream), whole.as(installWithTimelineSchema));
    assert.equal(newest(stream).timeline.at(-1)?.what, "completed");
    const again = await followEvents(`${url}/v1/installs/${id}/events`, { "last-event-id": "7" });
    assert.equal(await again.ended, true);
    assert.deepEqual(namesOf(again), ["ended"]);
  }));

test("the stream of the figures goes on until its server stops, and then ends at once", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url, close } = await startAnApi();
    const stream = await followEvents(`${url}/v1/stats/events?hours=2`);
    await until("it goes on", async () => stream.events.length > 1);
    const beganMs = performance.now();
    await close();
    assert.equal(await stream.ended, true, "it came to its proper end");
    assert.ok(performance.now() - beganMs < 1500, "it did not wait for the next look");
  }));

test("a change is seen by all who follow, about a second later at most", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const { id } = await enqueue(url, 1);
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => followEvents(`${url}/v1/installs/${id}/events`)),
    );
    await until("all have the present state", async () => streams.every(({ events }) => events.length === 1));
    const cancelled = await createApiClient(url)(`/v1/installs/${id}/cancel`, { method: "POST" });
    const atMs = performance.now();
    assert.equal(cancelled.status, 200);
    await until("all have the change", async () => streams.every(({ events }) => events.length === 2));
    for (const stream of streams) {
      assert.deepEqual(namesOf(stream), ["install", "install"]);
      assert.ok(newest(stream).cancellation);
      // Twice what is promised, because the machine may be busy with other tests.
      assert.ok((stream.events.at(-1)?.atMs ?? Infinity) - atMs < 2000);
      stream.leave();
    }
  }));

test("what does not exist, or is out of reach, is 404 and takes no place", () =>
  withTenants({ startsPaused: true }, async ({ url, operator, a }) => {
    const other = (await operator("/v1/installs", { json: requestIn(workspaceB, 1) })).as(installSchema);
    const mine = await enqueue(url, 2, "operator-key");
    for (let n = 0; n < 60; n += 1)
      for (const id of [other.id, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "x"])
        assert.equal((await a(`/v1/installs/${id}/events`)).status, 404);
    const stream = await followEvents(`${url}/v1/installs/${mine.id}/events`, {
      authorization: "Bearer tenant-a-key",
    });
    assert.equal(stream.status, 200);
    stream.leave();
  }));

test("a session's stream ends with the session", () =>
  withStack({ startsPaused: true }, async ({ startAnApi, sealingKeys }) => {
    const key: ApiKey = { name: "crm", hash: hashApiKey("crm-key"), scopes: ["write"] };
    const { url } = await startAnApi({ keys: [key] });
    const { id } = await enqueue(url, 1, "crm-key");
    const sessions = createSessions({
      endedSessions: noneEnded,
      keys: [key],
      seal: createSeal(sealingKeys),
      now: () => Date.now() - 43_200_000 + 1500,
    });
    const { cookie } = await sessions.begin(key);
    const stream = await followEvents(`${url}/v1/installs/${id}/events`, {
      cookie: `perch_session=${cookie}`,
    });
    assert.equal(stream.status, 200);
    assert.equal(await stream.ended, true);
    assert.deepEqual(namesOf(stream), ["install"]);
    const ended = await followEvents(`${url}/v1/installs/${id}/events`, {
      cookie: `perch_session=${cookie}`,
    });
    assert.equal(ended.status, 401);
  }));

test("an API that stops ends its streams", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const api = await startAnApi();
    const { id } = await enqueue(api.url, 1);
    const streams = await Promise.all(
      Array.from({ length: 10 }, () => followEvents(`${api.url}/v1/installs/${id}/events`)),
    );
    await api.close();
    assert.deepEqual(new Set(await Promise.all(streams.map(({ ended }) => ended))), new Set([true]));
  }));

const keys: readonly ApiKey[] = ["a", "b", "c", "d", "e"].map((name) => ({
  name,
  hash: hashApiKey(`${name}-key`),
  scopes: ["write"],
}));

/** An API on a Redis of its own, with one batch and one install that wait, and what that Redis is sent. */
const withMonitor = (
  run: (scene: {
    readonly url: string;
    readonly batchId: string;
    readonly installId: string;
    readonly monitor: RedisMonitor;
    readonly stack: Stack;
  }) => Promise<void>,
): Promise<void> =>
  withPrivateRedis((redis) =>
    withStack({ startsPaused: true, redisUrl: redis.url, shards: 1 }, async (stack) => {
      const { url } = await stack.startAnApi({ keys });
      const call = createApiClient(url, "a-key");
      const headers = { "content-type": "text/csv" };
      const text = csvOf([1, 2, 3].map((n) => numberedRequest(n)));
      const { id: batchId } = (await call("/v1/batches", { text, headers })).as(batchSchema);
      const { id: installId } = await enqueue(url, 5000, "a-key");
      await using monitor = await monitorRedis(redis.url);
      await run({ url, batchId, installId, monitor, stack });
    }),
  );

const lookEveryMs = 800;
/** How much sooner Redis may have a look than the process's clock says. */
const apartMs = 40;

test("two hundred streams of a batch cost Redis no more than one", () =>
  withMonitor(async ({ url, batchId, monitor }) => {
    const ofBatch = () => monitor.lines().filter((line) => line.includes(batchId));
    const follow = (key: string) =>
      followEvents(`${url}/v1/batches/${batchId}/events`, { authorization: `Bearer ${key}-key` });
    /** Commands of a look: the first one's, with nobody else there. */
    const one = await follow("a");
    await until("there were looks", async () => ofBatch().length > 1);
    const perLook = ofBatch().filter(
      (line) => timeOf(line) - timeOf(ofBatch()[0] ?? "") < lookEveryMs / 2,
    ).length;
    assert.ok(perLook >= 1);
    const count = ofBatch().length;
    const others = await Promise.all(
      Array.from({ length: 199 }, (_, n) => follow(["a", "b", "c", "d", "e"][n % 5] ?? "")),
    );
    assert.ok(others.every(({ status }) => status === 200));
    await until("all have the present state", async () => others.every(({ events }) => events.length === 1));
    await until("there were five more looks", async () => ofBatch().length >= count + 5 * perLook);
    const lines = ofBatch();
    const spanMs = timeOf(lines.at(-1) ?? "") - timeOf(lines[0] ?? "");
    const most = (Math.floor((spanMs + apartMs) / lookEveryMs) + 1) * perLook;
    assert.ok(lines.length <= most, `${lines.length} commands in ${spanMs} ms, of ${perLook} a look`);
    for (const each of [one, ...others]) each.leave();
  }));

/** When Redis had a command, ms. */
const timeOf = (line: string): number => Number(/^\+?([\d.]+)/.exec(line)?.[1]) * 1000;

test("when all who follow have left, nothing is looked at any more", () =>
  withMonitor(async ({ url, batchId, installId, monitor }) => {
    const headers = { authorization: "Bearer a-key" };
    const streams = await Promise.all(
      Array.from({ length: 48 }, () => followEvents(`${url}/v1/batches/${batchId}/events`, headers)),
    );
    await until("all have the present state", async () => streams.every(({ events }) => events.length === 1));
    for (const stream of streams) stream.leave();
    await Promise.all(streams.map(({ ended }) => ended));
    // A slot is free once the server has noticed that a client is gone: with all of them free, it has noticed all.
    const clocks = await until("there are 50 places", async () => {
      const open = await Promise.all(
        Array.from({ length: 50 }, () => followEvents(`${url}/v1/installs/${installId}/events`, headers)),
      );
      if (open.every(({ status }) => status === 200)) return open;
      for (const each of open) each.leave();
      return false;
    });
    const count = monitor.lines().length;
    const looks = () =>
      monitor
        .lines()
        .slice(count)
        .filter((line) => line.includes(`:${installId}:logs`)).length;
    await until("the install was looked at three more times", async () => looks() >= 3);
    const late = monitor
      .lines()
      .slice(count)
      .filter((line) => line.includes(batchId));
    assert.deepEqual(late, []);
    for (const clock of clocks) clock.leave();
  }));

test("the figures of the fleet are followed, and 45 streams read them no more often than one", () =>
  withMonitor(async ({ url, monitor, stack }) => {
    const headers = { authorization: "Bearer a-key" };
    const streams = await Promise.all(
      Array.from({ length: 45 }, () => followEvents(`${url}/v1/stats/events?hours=2`, headers)),
    );
    const figuresIn = ({ events }: EventSource) => statsSchema.parse(JSON.parse(events.at(-1)?.data ?? "{}"));
    await until("all have the present figures", async () => streams.every(({ events }) => events.length > 0));
    const queued = ({ now }: ReturnType<typeof figuresIn>) => now.inFlight;
    const before = streams.map((stream) => queued(figuresIn(stream)));
    assert.equal(new Set(before).size, 1);
    await enqueue(url, 5001, "a-key");
    await until("all have the new install", async () =>
      streams.every((stream) => queued(figuresIn(stream)) === (before[0] ?? 0) + 1),
    );
    const reads = monitor
      .lines()
      .filter((line) => line.includes(stack.keys.stats))
      .map(timeOf);
    const spanMs = (reads.at(-1) ?? 0) - (reads[0] ?? 0);
    assert.ok(reads.length > 0 && reads.length < 45 + spanMs / 20, `${reads.length} in ${spanMs} ms`);
    for (const stream of streams) stream.leave();
  }));
