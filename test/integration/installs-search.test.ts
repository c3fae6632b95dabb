import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { listCommand } from "../../src/cli/installs/list.ts";
import { installSchema } from "../../src/install/install.ts";
import type { InstallRequestInput } from "../../src/install/request.ts";
import { manyCancelledSchema } from "../../src/queue/actions/many.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { requestIn, withTenants, workspaceA, workspaceB } from "./tenants-fixture.ts";

const pageSchema = z.object({ items: z.array(installSchema), nextCursor: z.string().optional() });

/** Some workspaces, so that several shards have installs. */
const workspaceOf = (n: number): string => `0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d1${n % 8}`;

const requestOf = (n: number, change: Partial<InstallRequestInput> = {}): InstallRequestInput =>
  installRequest(n, { workspaceId: workspaceOf(n), ...change });

const refuse = (n: number): FaultRule => ({
  times: "always",
  phoneNumber: requestOf(n).phoneNumber,
  fault: { kind: "status", status: 422 },
});

const withApi = (
  options: StackOptions,
  run: (call: ApiClient, stack: Stack) => Promise<void>,
): Promise<void> =>
  withStack(options, async (stack) => {
    const { url } = await stack.startAnApi();
    await run(createApiClient(url), stack);
  });

/** All pages of a list. */
const walk = async (call: ApiClient, query: string) => {
  const items: z.infer<typeof installSchema>[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const answer = await call(`/v1/installs?${query}${cursor === "" ? "" : `&cursor=${cursor}`}`);
    assert.equal(answer.status, 200, answer.text);
    const page = answer.as(pageSchema);
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
};

const rowsOf = async (call: ApiClient, query: string): Promise<readonly number[]> =>
  (await walk(call, query)).map(({ name }) => Number(name.split(" ")[1]));

const enqueue = async ({ producer }: Stack, count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const metadata = { customer: `C-${1000 + n}` };
    ids.push((await producer.enqueue(requestOf(n, { metadata }))).install.id);
  }
  return ids;
};

const allEnded = ({ producer }: Stack, ids: readonly string[]) =>
  until("all have ended", async () => {
    const found = await producer.installs.findMany(ids);
    return found.every((install) => install?.status === "completed" || install?.status === "failed") && found;
  });

for (const shards of [1, 3])
  test(`one search box finds installs by any id, number, name and metadata, in ${shards} shards`, () =>
    withApi({ shards, sandbox: { faults: [refuse(7)] } }, async (call, stack) => {
      const ids = await enqueue(stack, 20);
      const [install] = (await allEnded(stack, ids)).slice(11);
      assert.ok(install !== undefined && install !== null);
      const cases: readonly (readonly [q: string, rows: readonly number[]])[] = [
        [install.id, [11]],
        [install.id.toLowerCase(), [11]],
        [install.id.slice(-9), [11]],
        [install.connectorId ?? "", [11]],
        [(install.channelId ?? "").toUpperCase(), [11]],
        [install.phoneNumber, [11]],
        ["+1 (415) 555-0111", [11]],
        ["001 415 555 0111", [11]],
        ["555-0111", [11]],
        [install.phoneId, [11]],
        [install.wabaId, Array.from({ length: 20 }, (_, n) => 19 - n)],
        ["aCmE 1", [19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 1]],
        ["c-1007", [7]],
        [workspaceOf(11), [19, 11, 3]],
        ["nothing of the kind", []],
      ];
      for (const [q, rows] of cases)
        for (const limit of [2, 200])
          assert.deepEqual(await rowsOf(call, `limit=${limit}&q=${encodeURIComponent(q)}`), rows, q);
      assert.deepEqual(await rowsOf(call, "q=acme&status=failed"), [7]);
      assert.deepEqual(await rowsOf(call, `q=${install.id}&status=failed`), []);
      const found = await rowsOf(call, `order=updated&q=${encodeURIComponent(install.phoneNumber)}`);
      assert.deepEqual(found, [11]);
    }));

for (const shards of [1, 3])
  test(`what has ended is listed by its end, page by page, in ${shards} shards`, () =>
    withApi({ shards, sandbox: { faults: [2, 5].map(refuse) } }, async (call, stack) => {
      const ids = await enqueue(stack, 12);
      await allEnded(stack, ids);
      const ended = await walk(call, "order=created&limit=200");
      const byEnd = ended
        .toSorted((a, b) => (a.updatedAt + a.id < b.updatedAt + b.id ? 1 : -1))
        .map(({ id }) => id);
      for (const limit of [1, 5, 200]) {
        const query = `order=updated&limit=${limit}`;
        assert.deepEqual(
          (await walk(call, query)).map(({ id }) => id),
          byEnd,
        );
        assert.deepEqual(new Set(await rowsOf(call, `${query}&status=failed`)), new Set([2, 5]));
        assert.deepEqual(new Set(await rowsOf(call, `${query}&errorCode=rejected_by_bird`)), new Set([2, 5]));
        assert.deepEqual(
          new Set(await rowsOf(call, `${query}&workspaceId=${workspaceOf(2)}`)),
          new Set([2, 10]),
        );
        assert.deepEqual(await rowsOf(call, `${query}&name=acme+5`), [5]);
      }
    }));

test("what has not ended is not listed by its end", () =>
  withApi({ startsPaused: true }, async (call, stack) => {
    const [id] = await enqueue(stack, 2);
    assert.deepEqual(await walk(call, "order=updated"), []);
    assert.deepEqual(await walk(call, `order=updated&q=${id}`), []);
    assert.deepEqual(await rowsOf(call, "order=created"), [1, 0]);
  }));

test("installs are found by when they were created, to the millisecond and by whole days", () =>
  withApi({ startsPaused: true }, async (call, stack) => {
    const ids = await enqueue(stack, 3);
    const middle = await stack.producer.installs.find(ids[1] ?? "");
    const at = middle?.createdAt ?? "";
    const day = at.slice(0, 10);
    assert.ok((await rowsOf(call, `createdFrom=${at}`)).includes(1));
    assert.ok((await rowsOf(call, `createdTo=${at}`)).includes(1));
    assert.ok((await rowsOf(call, `createdFrom=${at}&createdTo=${at}`)).includes(1));
    assert.ok(!(await rowsOf(call, `createdFrom=${new Date(Date.parse(at) + 1).toISOString()}`)).includes(1));
    assert.ok(!(await rowsOf(call, `createdTo=${new Date(Date.parse(at) - 1).toISOString()}`)).includes(1));
    assert.deepEqual(await rowsOf(call, `createdFrom=${day}&createdTo=${day}&limit=1`), [2, 1, 0]);
    assert.deepEqual(await rowsOf(call, "since=1h&createdTo=1h"), []);
  }));

test("an install that is due and that no worker takes is stuck, one whose time has not come is not", () =>
  withApi({ startsPaused: true }, async (call, stack) => {
    const ids = await enqueue(stack, 3);
    const dueAgoMs = [61_000, 30_000];
    for (const [at, agoMs] of dueAgoMs.entries()) {
      const shard = stack.keys.ofInstall(ids[at] ?? "");
      await stack.client.zrem(shard.installsIn("prioritized"), ids[at] ?? "");
      await stack.client.zadd(shard.installsIn("delayed"), (Date.now() - agoMs) * 0x1000, ids[at] ?? "");
    }
    assert.deepEqual(await rowsOf(call, "stuck=true"), [0]);
    assert.deepEqual(await rowsOf(call, "stuck=true&status=completed"), []);
    assert.deepEqual(await rowsOf(call, "stuck=false"), [2, 1, 0]);
    const counted = await call("/v1/installs/cancel", { json: { filter: { stuck: true }, dryRun: true } });
    assert.equal(counted.as(manyCancelledSchema).matched, 1);
  }));

test("a search finds nothing outside a key's workspaces, and does not betray that it is there", () =>
  withTenants({ startsPaused: true }, async ({ a, operator }) => {
    const own = (await operator("/v1/installs", { json: requestIn(workspaceA, 1) })).as(installSchema);
    const foreign = (await operator("/v1/installs", { json: requestIn(workspaceB, 2) })).as(installSchema);
    for (const q of [foreign.id, encodeURIComponent(foreign.phoneNumber), foreign.phoneId])
      for (const order of ["created", "updated"])
        assert.deepEqual((await a(`/v1/installs?order=${order}&q=${q}`)).body, { items: [] });
    assert.deepEqual(
      (await a(`/v1/installs?q=${own.id}`)).as(pageSchema).items.map(({ id }) => id),
      [own.id],
    );
  }));

test("a cursor of another order, an order of what has not ended and an empty search are refused", () =>
  withApi({ startsPaused: true }, async (call, stack) => {
    const [id] = await enqueue(stack, 1);
    for (const query of [
      `order=updated&cursor=${id}`,
      `order=created&cursor=1795936992254_${id}`,
      "order=updated&status=queued",
      "order=updated&status=failed,held",
      "order=odd",
      "q=",
      "createdTo=soon",
      "stuck=perhaps",
    ])
      assert.equal((await call(`/v1/installs?${query}`)).status, 422, query);
  }));

test("perch list has the same search, times and order", () =>
  withApi({ sandbox: { faults: [refuse(1)] } }, async (_call, stack) => {
    const ids = await enqueue(stack, 3);
    await allEnded(stack, ids);
    const list = async (args: Partial<Parameters<typeof listCommand>[1]>) => {
      const io = createTestIo();
      const code = await listCommand({ io, producer: stack.producer }, { limit: 50, json: true, ...args });
      return code === 0 ? JSON.parse(io.out()).items.map(({ id }: { id: string }) => id) : io.err();
    };
    assert.deepEqual(await list({ search: "C-1001" }), [ids[1]]);
    assert.deepEqual(await list({ from: "1h", to: "0s" }), ids.toReversed());
    assert.deepEqual(await list({ to: "1h" }), []);
    assert.deepEqual(await list({ order: "updated", status: ["failed"] }), [ids[1]]);
    assert.deepEqual(await list({ stuck: true }), []);
    assert.match(String(await list({ order: "updated", status: ["queued"] })), /lists only what has ended/);
    assert.match(String(await list({ order: "odd" })), /--order must be one of created, updated/);
    assert.match(String(await list({ to: "soon" })), /^--to must be a time/);
    assert.match(String(await list({ search: " " })), /must not be empty/);
  }));
