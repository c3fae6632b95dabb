import assert from "node:assert/strict";
import test from "node:test";
import { cancelManyCommand, retryManyCommand } from "../../src/cli/installs/many.ts";
import { createManyActions, manyCancelledSchema, manyRetriedSchema } from "../../src/queue/actions/many.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { requestIn, withTenants, workspaceA, workspaceB } from "./tenants-fixture.ts";

const workspaceOf = (n: number): string => `0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d1${n % 8}`;

const withApi = (
  options: StackOptions,
  run: (call: ApiClient, stack: Stack) => Promise<void>,
): Promise<void> =>
  withStack(options, async (stack) => {
    const { url } = await stack.startAnApi();
    await run(createApiClient(url), stack);
  });

const enqueue = async ({ producer }: Stack, count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1)
    ids.push((await producer.enqueue(installRequest(n, { workspaceId: workspaceOf(n) }))).install.id);
  return ids;
};

const statusesOf = async ({ producer }: Stack, ids: readonly string[]) =>
  (await producer.installs.findMany(ids)).map((install) => install?.status);

const allAre = (stack: Stack, ids: readonly string[], status: string) =>
  until(`all are ${status}`, async () => (await statusesOf(stack, ids)).every((each) => each === status));

const retry = async (call: ApiClient, json: object) => {
  const answer = await call("/v1/installs/retry", { json });
  assert.equal(answer.status, 200, answer.text);
  return answer.as(manyRetriedSchema);
};

const cancel = async (call: ApiClient, json: object) => {
  const answer = await call("/v1/installs/cancel", { json });
  assert.equal(answer.status, 200, answer.text);
  return answer.as(manyCancelledSchema);
};

for (const shards of [1, 3])
  test(`installs that failed for one reason are counted, then retried by a filter, in ${shards} shards`, () =>
    withApi(
      {
        shards,
        sandbox: {
          faults: [0, 1, 2, 3, 4].map((n) => ({
            times: 1,
            phoneNumber: installRequest(n).phoneNumber,
            fault: { kind: "status", status: 422 },
          })),
        },
      },
      async (call, stack) => {
        const ids = await enqueue(stack, 8);
        await allAre(stack, ids.slice(0, 5), "failed");
        await allAre(stack, ids.slice(5), "completed");
        const filter = { errorCode: "rejected_by_bird" };
        const preview = await retry(call, { filter, dryRun: true });
        assert.deepEqual(preview, { matched: 5, retried: 0, refused: [], isComplete: true });
        assert.deepEqual(new Set(await statusesOf(stack, ids.slice(0, 5))), new Set(["failed"]));
        const one = await retry(call, { filter: { workspaceId: workspaceOf(2), ...filter } });
        assert.deepEqual([one.matched, one.retried], [1, 1]);
        const byId = await retry(call, { filter: { ids: [ids[3], ids[3], ids[6]] } });
        assert.deepEqual([byId.matched, byId.retried], [1, 1]);
        await allAre(stack, [ids[2] ?? "", ids[3] ?? ""], "completed");
        const rest = await retry(call, { filter: { q: "acme", createdFrom: "1h" } });
        assert.deepEqual([rest.matched, rest.retried, rest.isComplete], [3, 3, true]);
        await allAre(stack, ids, "completed");
        const line = (await stack.producer.installs.timeline(ids[0] ?? "")).find(
          ({ what }) => what === "retried",
        );
        assert.equal(line?.requestedBy, "local");
      },
    ));

for (const shards of [1, 3])
  test(`a call ends after a thousand installs and the next goes on from its cursor, in ${shards} shards`, () =>
    withApi({ shards, startsPaused: true }, async (call, stack) => {
      const rows = Array.from({ length: 1010 }, (_, n) => installRequest(n, { workspaceId: workspaceOf(n) }));
      for await (const row of stack.producer.enqueueMany(rows)) assert.ok("install" in row);
      const preview = await cancel(call, { filter: { status: ["queued"] }, dryRun: true });
      assert.deepEqual([preview.matched, preview.cancelled, preview.isComplete], [1010, 0, true]);
      const filter = { createdFrom: "1h" };
      const first = await cancel(call, { filter });
      assert.deepEqual([first.matched, first.cancelled, first.isComplete], [1000, 1000, false]);
      const next = await cancel(call, { filter, cursor: first.nextCursor });
      assert.deepEqual([next.matched, next.cancelled, next.isComplete], [10, 10, true]);
    }));

test("a filter without a member, a wrong status and ids beside a filter are refused, and nothing is done", () =>
  withApi({ startsPaused: true }, async (call, stack) => {
    const [id = ""] = await enqueue(stack, 1);
    for (const json of [
      {},
      { filter: {} },
      { filter: [] },
      { filter: { ids: [] } },
      { filter: { ids: [id], name: "Acme" } },
      { filter: { status: ["completed"] } },
      { filter: { status: [] } },
      { filter: { q: " " } },
      { filter: { odd: 1 } },
      { filter: { ids: ["odd"] } },
      { filter: { name: "Acme" }, cursor: "odd" },
      { filter: { name: "Acme" }, dryRun: "yes" },
    ])
      for (const action of ["retry", "cancel"])
        assert.equal(
          (await call(`/v1/installs/${action}`, { json })).status,
          422,
          `${action} ${JSON.stringify(json)}`,
        );
    assert.equal(
      (await call("/v1/installs/retry", { json: { filter: { status: ["queued"] } } })).status,
      422,
    );
    assert.deepEqual(await statusesOf(stack, [id]), ["queued"]);
    const [line] = (await stack.producer.installs.timeline(id)).filter(
      ({ what }) => what === "cancel requested",
    );
    assert.equal(line, undefined);
  }));

test("a key for one workspace acts by filter and by id on that workspace alone, and a reader on none", () =>
  withTenants({ startsPaused: true }, async ({ a, operator, readerA, stack }) => {
    const idOf = async (workspace: string, n: number) => {
      const { body } = await operator("/v1/installs", { json: requestIn(workspace, n) });
      return String(body.id);
    };
    const [own, foreign] = [await idOf(workspaceA, 1), await idOf(workspaceB, 2)];
    for (const filter of [
      { ids: [own, foreign] },
      { createdFrom: "1h" },
      { status: ["queued"] },
      { q: "acme" },
    ])
      assert.equal((await cancel(a, { filter, dryRun: true })).matched, 1, JSON.stringify(filter));
    assert.equal((await cancel(a, { filter: { workspaceId: workspaceB } })).matched, 0);
    assert.equal((await cancel(a, { filter: { ids: [foreign] } })).matched, 0);
    assert.equal((await readerA("/v1/installs/cancel", { json: { filter: { ids: [own] } } })).status, 403);
    const done = await cancel(a, { filter: { createdFrom: "1h" } });
    assert.deepEqual([done.matched, done.cancelled], [1, 1]);
    const asked = async (id: string) =>
      (await stack.producer.installs.timeline(id)).find(({ what }) => what === "cancel requested");
    assert.equal((await asked(own))?.requestedBy, "tenant-a");
    assert.equal(await asked(foreign), undefined);
  }));

test("perch retry and cancel --where count, ask, and act on all that match", () =>
  withStackActions(
    {
      shards: 3,
      sandbox: {
        faults: [1, 2].map((n) => ({
          times: 1,
          phoneNumber: installRequest(n).phoneNumber,
          fault: { kind: "status", status: 422 },
        })),
      },
    },
    async (stack, { actions }) => {
      const { client, keys, producer } = stack;
      const ids = await enqueue(stack, 4);
      await allAre(stack, ids.slice(1, 3), "failed");
      const manyActions = createManyActions({ client, keys, installs: producer.installs, actions });
      const run = async (
        command: typeof retryManyCommand,
        args: Partial<Parameters<typeof retryManyCommand>[1]>,
      ) => {
        const io = createTestIo();
        const code = await command({ io, manyActions }, { where: [], yes: false, json: false, ...args });
        return { code, out: io.out(), err: io.err() };
      };
      const where = ["code=rejected_by_bird", "from=1h"];
      const unasked = await run(retryManyCommand, { where });
      assert.equal(unasked.code, 2);
      assert.match(unasked.err, /^Start 2 installs again \(code=rejected_by_bird, from=1h\)\? .*--yes/);
      const done = await run(retryManyCommand, { where, yes: true });
      assert.deepEqual([done.code, done.out, done.err], [0, "2 installs: 2 started again.\n", ""]);
      await allAre(stack, ids, "completed");
      const none = await run(retryManyCommand, { where });
      assert.deepEqual([none.code, none.out], [0, "No install fits: nothing was done.\n"]);
      const json = await run(cancelManyCommand, { where: ["q=acme"], json: true });
      assert.deepEqual([json.code, JSON.parse(json.out)], [0, { matched: 0, cancelled: 0, refused: [] }]);
      for (const wrong of [["odd=1"], ["code="], ["code"], ["code=odd"], ["name=a", "name=b"], ["to=soon"]]) {
        const { code, err } = await run(cancelManyCommand, { where: wrong, yes: true });
        assert.equal(code, 2, wrong.join());
        assert.match(err, /^--where /);
      }
      const status = await run(retryManyCommand, { where: ["status=queued"], yes: true });
      assert.equal(status.err, "--where status= must be one or more of failed, cancelled.\n");
    },
  ));
