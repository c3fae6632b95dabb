import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import test from "node:test";
import { batchCommand } from "../../src/cli/batch/batch.ts";
import { batchesCommand, newestBatchId } from "../../src/cli/batch/batches.ts";
import type { FailuresOfCode } from "../../src/producer/results/failures-by-code.ts";
import { withFailures } from "../../src/producer/results/failures-by-code.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest } from "../support/request.ts";
import type { Stack, StackOptions } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";

const numberOf = (row: number): string => installRequest(row).phoneNumber;

/** Some workspaces, so that several shards have rows. */
const workspaceOf = (n: number): string => `0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d1${n % 8}`;

const refuse = (row: number, status: 404 | 422, times: FaultRule["times"] = "always"): FaultRule => ({
  times,
  phoneNumber: numberOf(row),
  fault: { kind: "status", status },
});

const importRows = async ({ producer }: Stack, count: number, name = "numbers.csv"): Promise<string> => {
  const rows = Array.from({ length: count }, (_, n) => ({
    row: n + 1,
    input: installRequest(n + 1, { workspaceId: workspaceOf(n) }),
  }));
  const { batchId, rows: enqueued } = await producer.importRows(rows, { name });
  await Array.fromAsync(enqueued);
  return batchId;
};

const finished = ({ producer }: Stack, id: string) =>
  until("the batch has finished", async () => {
    const batch = await producer.batches.find(id);
    return batch?.status === "finished" && batch;
  });

const failuresOf = async ({ producer }: Stack, id: string): Promise<readonly FailuresOfCode[]> => {
  const batch = await producer.batches.find(id);
  return batch === undefined ? [] : (await withFailures(producer, batch)).failuresByCode;
};

const counts = async (stack: Stack, id: string) =>
  (await failuresOf(stack, id)).map(({ code, count, rows }) => [code, count, rows]);

const bothShards: readonly StackOptions[] = [{}, { shards: 3 }];

for (const options of bothShards) {
  const where = options.shards === undefined ? "" : " in several shards";

  test(`every failed row of a batch is counted under its code, however many there are${where}`, () =>
    withStackActions(
      {
        ...options,
        sandbox: { faults: Array.from({ length: 25 }, (_, n) => refuse(n + 5, n < 23 ? 422 : 404)) },
      },
      async (stack) => {
        const id = await importRows(stack, 40);
        assert.equal((await finished(stack, id)).failed, 25);
        assert.deepEqual(await counts(stack, id), [
          ["rejected_by_bird", 23, [5, 6]],
          ["workspace_not_found", 2, [28, 29]],
        ]);
      },
    ));

  test(`a row that is retried leaves its code, and is counted under the new one when it fails again${where}`, () =>
    withStackActions(
      { ...options, sandbox: { faults: [refuse(2, 422, 1), refuse(3, 422, 1), refuse(3, 404)] } },
      async (stack, { batchActions }) => {
        const id = await importRows(stack, 4);
        await finished(stack, id);
        assert.deepEqual(await counts(stack, id), [["rejected_by_bird", 2, [2, 3]]]);
        await batchActions.retry(id, { filter: { errorCode: "rejected_by_bird" } });
        assert.equal((await finished(stack, id)).failed, 1);
        assert.deepEqual(await counts(stack, id), [["workspace_not_found", 1, [3]]]);
      },
    ));
}

test("a cancelled row is no failure of any code", () =>
  withStackActions({ startsPaused: true }, async (stack, { batchActions }) => {
    const id = await importRows(stack, 3);
    await batchActions.cancel(id);
    await stack.startAnotherWorker();
    await until("all are cancelled", async () => (await stack.producer.batches.find(id))?.cancelled === 3);
    assert.deepEqual(await counts(stack, id), []);
  }));

test("perch batch shows each code once, with its count, who acts, two rows and the next command", () =>
  withStackActions(
    { sandbox: { faults: Array.from({ length: 9 }, (_, n) => refuse(n + 1, 422)) } },
    async (stack, { batchActions }) => {
      const id = await importRows(stack, 10);
      await finished(stack, id);
      const io = createTestIo();
      const args = { id, watch: false, pause: false, resume: false, json: false };
      assert.equal(await batchCommand({ io, producer: stack.producer, batchActions }, args), 0);
      assert.match(
        io.out(),
        /\n9 rows failed with rejected_by_bird, for [^\n]+:\n {2}[^\n]+\n {2}row 1: [^\n]+\n( {4}Bird says: [^\n]+\n)? {2}row 2: /,
      );
      assert.doesNotMatch(io.out(), /row 3:/);
      assert.match(io.out(), new RegExp(`\n {2}then: perch retry --batch ${id} --code rejected_by_bird\n$`));
    },
  ));

test("perch batches lists the newest first, and perch batch without an id shows that one", () =>
  withStackActions({ startsPaused: true }, async (stack) => {
    const { batches } = stack.producer;
    assert.equal(await newestBatchId(batches), undefined);
    const first = await importRows(stack, 2, "May");
    const second = await importRows(stack, 3, "June\u001b[31m");
    assert.equal(await newestBatchId(batches), second);
    const io = createTestIo();
    assert.equal(await batchesCommand({ io, producer: stack.producer }, { limit: 20, json: false }), 0);
    const [title = "", newest = "", older = ""] = io.out().split("\n");
    assert.match(title, /^batch +name +status +rows +done +failed +open +rejected +age +by$/);
    assert.match(newest, new RegExp(`^${second.slice(-8)} +June \\[31m +running +3 +0 +0 +3 +0 +\\d+s`));
    assert.match(older, new RegExp(`^${first.slice(-8)} +May +running +2 +0 +0 +2 +0 +\\d+s`));

    const asJson = createTestIo();
    await batchesCommand({ io: asJson, producer: stack.producer }, { limit: 1, json: true });
    const page = JSON.parse(asJson.out());
    assert.deepEqual([page.items[0].id, page.items.length, page.nextCursor], [second, 1, second]);
    const wrong = createTestIo({ stdin: new PassThrough() });
    assert.equal(await batchesCommand({ io: wrong, producer: stack.producer }, { limit: 0, json: false }), 2);
  }));
