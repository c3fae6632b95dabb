import assert from "node:assert/strict";
import test from "node:test";
import type { Batch } from "../../src/install/batch.ts";
import { BatchStateError } from "../../src/install/errors/errors.ts";
import type { InstallRequestInput } from "../../src/install/request.ts";
import type { ImportOptions } from "../../src/producer/import/import-rows.ts";
import type { InputRow } from "../../src/producer/put/enqueue-rows.ts";
import { type ResultRow, resultRows } from "../../src/producer/results/rows.ts";
import type { BatchActions } from "../../src/queue/actions/batch.ts";
import type { BatchRow } from "../../src/queue/batches/rows.ts";
import { type Keys, sumOfShards } from "../../src/queue/keyspace/keys.ts";
import { createNotifications } from "../../src/queue/outbox/notifications.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { createSweepBatches } from "../../src/worker/batches/sweep.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, type Stack, type StackOptions } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";

const withBatches = (
  options: StackOptions,
  run: (stack: Stack, actions: BatchActions) => Promise<void>,
): Promise<void> => withStackActions(options, (stack, { batchActions }) => run(stack, batchActions));

const rowsOf = (requests: readonly unknown[]): InputRow[] =>
  requests.map((input, index) => ({ row: index + 1, input }));

const requests = (count: number, change: Partial<InstallRequestInput> = {}) =>
  Array.from({ length: count }, (_, n) => installRequest(n, change));

const importAll = async (
  { producer }: Stack,
  inputs: readonly unknown[],
  options: Partial<ImportOptions> = {},
) => {
  const opened = await producer.importRows(rowsOf(inputs), { name: "numbers.csv", ...options });
  const rows = await Array.fromAsync(opened.rows);
  return { ...opened, rows };
};

const inStatus = ({ producer }: Stack, id: string, status: Batch["status"]): Promise<Batch> =>
  until(`batch is ${status}`, async () => {
    const batch = await producer.batches.find(id);
    return batch?.status === status && batch;
  });

const results = ({ producer }: Stack, id: string): Promise<ResultRow[]> =>
  Array.fromAsync(resultRows(producer, id));

const refuse = (phoneNumber: string, status: 404 | 422 = 422): FaultRule => ({
  times: "always",
  phoneNumber,
  fault: { kind: "status", status },
});

const countsOf = ({
  rows,
  accepted,
  attached,
  rejected,
  queued,
  awaiting,
  completed,
  failed,
  cancelled,
}: Batch) => ({
  rows,
  accepted,
  attached,
  rejected,
  queued,
  awaiting,
  completed,
  failed,
  cancelled,
});

const none = { attached: 0, rejected: 0, queued: 0, awaiting: 0, completed: 0, failed: 0, cancelled: 0 };

test("a batch counts its rows by what became of them and finishes", () =>
  withBatches({ sandbox: { faults: [refuse("+14155550101")] } }, async (stack) => {
    const inputs = [...requests(5), installRequest(0), { ...installRequest(9), wabaId: "x" }];
    const { batchId, rows } = await importAll(stack, inputs);
    assert.equal(rows.length, 7);
    const batch = await inStatus(stack, batchId, "finished");
    assert.deepEqual(countsOf(batch), {
      ...none,
      rows: 7,
      accepted: 5,
      attached: 1,
      rejected: 1,
      completed: 5,
      failed: 1,
    });
    const seen = await results(stack, batchId);
    assert.deepEqual(
      seen.map(({ row, status }) => [row, status]),
      [
        [1, "completed"],
        [2, "failed"],
        [3, "completed"],
        [4, "completed"],
        [5, "completed"],
        [6, "completed"],
        [7, "rejected"],
      ],
    );
    assert.match(seen[5]?.action ?? "", /^Repeats row 1/);
    const failures = await stack.producer.batches.failures(batchId);
    assert.deepEqual(
      failures.map(({ row }) => row),
      [2],
    );
  }));

test("rows without an install make a batch that has finished at once", () =>
  withBatches({}, async (stack) => {
    const empty = await importAll(stack, []);
    assert.equal((await inStatus(stack, empty.batchId, "finished")).rows, 0);
    const bad = await importAll(stack, [{}]);
    assert.equal((await inStatus(stack, bad.batchId, "finished")).rejected, 1);
  }));

test("the same file again joins the existing installs, and an edited row is reported", () =>
  withBatches({}, async (stack) => {
    const first = await importAll(stack, requests(3));
    await inStatus(stack, first.batchId, "finished");
    const [one, two, three] = requests(3);
    const again = await importAll(stack, [one, { ...two, name: "Other" }, three]);
    assert.notEqual(again.batchId, first.batchId);
    assert.deepEqual(countsOf(await inStatus(stack, again.batchId, "finished")), {
      ...none,
      rows: 3,
      accepted: 0,
      attached: 3,
      completed: 3,
    });
    const seen = await results(stack, again.batchId);
    assert.match(seen[0]?.action ?? "", /had install \S+ already, to which this row is attached\.$/);
    assert.match(seen[1]?.action ?? "", /They differ in name, and the install stays as it is\.$/);
    assert.equal(stack.sandbox.report().connectors.length, 3);
  }));

test("two batches share an install and both see its end", () =>
  withBatches({ startsPaused: true }, async (stack) => {
    const first = await importAll(stack, requests(2));
    const second = await importAll(stack, requests(4).slice(1), { name: "other.csv" });
    assert.equal((await stack.producer.batches.find(second.batchId))?.attached, 1);
    await stack.startAnotherWorker();
    assert.equal((await inStatus(stack, first.batchId, "finished")).completed, 2);
    assert.equal((await inStatus(stack, second.batchId, "finished")).completed, 3);
  }));

test("an import that was cut off goes on with its batch", () =>
  withBatches({ startsPaused: true }, async (stack) => {
    const inputs = Array.from({ length: 600 }, (_, n) => ({
      ...installRequest(0),
      phoneId: String(106540352242000 + n),
      phoneNumber: `+1415555${String(1000 + n).slice(-4)}`,
    }));
    const opened = await stack.producer.importRows(rowsOf(inputs), { name: "numbers.csv" });
    for await (const { row } of opened.rows) if (row === 300) break;
    assert.equal((await stack.producer.batches.find(opened.batchId))?.status, "importing");
    const again = await importAll(stack, inputs);
    assert.ok(again.isContinued);
    assert.equal(again.batchId, opened.batchId);
    assert.ok(again.rows.every((row) => "install" in row && row.created && row.install.row === row.row));
    const batch = await inStatus(stack, again.batchId, "running");
    assert.deepEqual([batch.rows, batch.accepted, batch.attached, batch.queued], [600, 600, 0, 600]);
  }));

test("bug: an import goes on with another batch when its own has been open for longer than the retention", () =>
  withBatches({ startsPaused: true }, async (stack) => {
    const { producer, client, keys } = stack;
    const opened = await producer.importRows(rowsOf(requests(20)), { name: "numbers.csv" });
    for await (const { row } of opened.rows) if (row === 5) break;
    const found = await client.keys(keys.home().batchImport("*"));
    assert.equal(found.length, 1);
    // Nearly over.
    for (const key of found) await client.pexpire(key, 60_000);
    await producer.batches.renew(opened.batchId, 20);
    for (const key of found) assert.ok((await client.pttl(key)) > quickSettings.retentionMs / 2);
    const again = await importAll(stack, requests(20));
    assert.equal(again.batchId, opened.batchId);
  }));

test("a paused batch sends nothing until it is resumed", () =>
  withBatches({ startsPaused: true }, async (stack, actions) => {
    const { batchId } = await importAll(stack, requests(20));
    assert.equal((await actions.pause(batchId)).status, "paused");
    await stack.startAnotherWorker();
    const alone = await stack.producer.enqueue(installRequest(50));
    await stack.producer.waitFor(alone.install.id);
    const parked = (shard: Keys) => stack.client.zcard(shard.job("delayed"));
    await until("all are parked", async () => (await sumOfShards(stack.keys, parked)) === 20);
    assert.equal(stack.sandbox.report().connectors.length, 1);
    assert.equal((await stack.producer.batches.find(batchId))?.queued, 20);
    await actions.resume(batchId);
    assert.equal((await inStatus(stack, batchId, "finished")).completed, 20);
  }));

test("a cancelled batch ends what has no connector", () =>
  withBatches({ startsPaused: true }, async (stack, actions) => {
    const { batchId } = await importAll(stack, requests(20));
    assert.equal((await actions.cancel(batchId)).status, "cancelled");
    await stack.startAnotherWorker();
    const batch = await until("it has ended", async () => {
      const seen = await stack.producer.batches.find(batchId);
      return seen?.finishedAt !== undefined && seen;
    });
    assert.deepEqual(countsOf(batch), { ...none, rows: 20, accepted: 20, cancelled: 20 });
    assert.equal(stack.sandbox.report().connectors.length, 0);
    await assert.rejects(actions.resume(batchId), BatchStateError);
    assert.deepEqual(await actions.retry(batchId, { filter: {} }), { matched: 20, retried: 20, refused: [] });
    assert.equal((await inStatus(stack, batchId, "finished")).completed, 20);
  }));

test("failed rows are retried by their code, with another token", () =>
  withBatches(
    { sandbox: { faults: [{ ...refuse("+14155550101"), times: 1 }, refuse("+14155550102", 404)] } },
    async (stack, actions) => {
      const { batchId } = await importAll(stack, requests(4));
      const before = await inStatus(stack, batchId, "finished");
      assert.deepEqual([before.completed, before.failed], [2, 2]);
      const filter = { errorCode: "rejected_by_bird" } as const;
      assert.deepEqual(await actions.retry(batchId, { filter, dryRun: true }), {
        matched: 1,
        retried: 0,
        refused: [],
      });
      assert.equal((await stack.producer.batches.find(batchId))?.status, "finished");
      const replace = { accessToken: "EAAG-NEW" };
      assert.deepEqual(await actions.retry(batchId, { filter, replace }), {
        matched: 1,
        retried: 1,
        refused: [],
      });
      const after = await until("it has finished again", async () => {
        const seen = await stack.producer.batches.find(batchId);
        return seen?.status === "finished" && seen.completed === 3 && seen;
      });
      assert.equal(after.failed, 1);
    },
  ));

test("the canary goes first, the rest after it", () =>
  withBatches({ sandbox: { channelDelayMs: 0 } }, async (stack) => {
    const { batchId } = await importAll(stack, requests(30), { canary: 5, haltAt: 20 });
    const batch = await inStatus(stack, batchId, "finished");
    assert.equal(batch.completed, 30);
    const created = stack.sandbox.report().connectors.map(({ phoneNumber }) => phoneNumber);
    const canary = requests(5).map(({ phoneNumber }) => phoneNumber);
    assert.deepEqual(new Set(created.slice(0, 5)), new Set(canary));
  }));

test("a canary that fails halts the batch, and says why", () =>
  withBatches(
    { sandbox: { faults: [refuse("+14155550101"), refuse("+14155550102")] } },
    async (stack, actions) => {
      const { batchId } = await importAll(stack, requests(30), { canary: 5, haltAt: 20 });
      const batch = await inStatus(stack, batchId, "paused");
      assert.equal(batch.pauseReason, "2 of 5 installs that ended have failed, more than 20 %");
      assert.deepEqual([batch.queued, batch.completed, batch.failed], [25, 3, 2]);
      await actions.resume(batchId);
      assert.equal((await inStatus(stack, batchId, "finished")).completed, 28);
    },
  ));

test("a resume and a cancel are carried out at once, not by the next sweep", () =>
  withBatches(
    { sandbox: { faults: [refuse("+14155550100"), refuse("+14155550110")] } },
    async (stack, actions) => {
      const startedAtMs = performance.now();
      const halted = async (first: number): Promise<string> => {
        const inputs = requests(first + 10).slice(first);
        const { batchId } = await importAll(stack, inputs, { canary: 1, haltAt: 0 });
        await inStatus(stack, batchId, "paused");
        return batchId;
      };
      const [resumed, cancelled] = [await halted(0), await halted(10)];
      await actions.resume(resumed);
      await actions.cancel(cancelled);
      assert.equal((await inStatus(stack, resumed, "finished")).completed, 9);
      await until("it has ended", async () => (await stack.producer.batches.find(cancelled))?.finishedAt);
      assert.equal((await stack.producer.batches.find(cancelled))?.cancelled, 9);
      assert.ok(performance.now() - startedAtMs < 4000, "the worker sweeps every five seconds");
    },
  ));

test("the end of a batch is notified once, and once more after a retry of its rows", () =>
  withBatches(
    {
      sandbox: { faults: [{ ...refuse("+14155550101"), times: 2 }] },
      worker: { notifyUrl: "https://example.test/hook" },
    },
    async (stack, actions) => {
      const { client, keys, producer } = stack;
      const { retentionMs } = quickSettings;
      const notifications = createNotifications({
        client,
        keys,
        digests: testDigests,
        now: Date.now,
        retentionMs,
      });
      const told = async () => {
        const { items } = await notifications.list({ limit: 100 });
        return items.filter(({ type }) => type === "batch.finished");
      };
      await stack.startAnotherWorker();
      const { batchId } = await importAll(stack, requests(10));
      await until("it is told", async () => (await told()).length === 1);
      const rows = Array.from({ length: 10 }, (_, n) => n + 1);
      const again = await Promise.all(
        [rows, rows, rows].map((all) => producer.batches.recount(batchId, all)),
      );
      assert.ok(again.every(({ hasFinished }) => !hasFinished));
      await actions.retry(batchId, { filter: {} });
      await until("the second end is told", async () => (await told()).length === 2);
      await until(
        "nothing is left to tell",
        async () => (await producer.batches.findUnnotified()).length === 0,
      );
      assert.deepEqual((await told()).map(({ id }) => id).sort(), [
        `msg_${batchId}_finished`,
        `msg_${batchId}_finished_2`,
      ]);
      await notifications.close();
    },
  ));

test("counting rows again, in any order and at once, changes nothing", () =>
  withBatches({ sandbox: { faults: [refuse("+14155550103")] }, startsPaused: true }, async (stack) => {
    const { batchId } = await importAll(stack, requests(30));
    const rows = Array.from({ length: 30 }, (_, n) => n + 1);
    const shuffled = () => rows.toSorted(() => Math.random() - 0.5);
    const { batches } = stack.producer;
    const counting = async (): Promise<Batch> => {
      for (;;) {
        await Promise.all([shuffled(), shuffled()].map((some) => batches.recount(batchId, some)));
        const batch = await batches.find(batchId);
        if (batch?.finishedAt !== undefined) return batch;
      }
    };
    const [batch] = await Promise.all([counting(), stack.startAnotherWorker()]);
    assert.deepEqual(countsOf(batch), { ...none, rows: 30, accepted: 30, completed: 29, failed: 1 });
    assert.deepEqual(
      (await batches.failures(batchId)).map(({ row }) => row),
      [4],
    );
  }));

test("an abandoned import is closed after an hour, and ends", () =>
  withBatches({ startsPaused: true }, async (stack) => {
    const { batches } = stack.producer;
    const opened = await stack.producer.importRows(rowsOf(requests(20)), { name: "numbers.csv" });
    for await (const { row } of opened.rows) if (row === 5) break;
    const sweepAfter = (ms: number) =>
      createSweepBatches({
        retentionMs: quickSettings.retentionMs,
        batches,
        afterRecount: async () => undefined,
        log: stack.log,
        now: () => Date.now() + ms,
      })();
    await sweepAfter(59 * 60_000);
    assert.equal((await batches.find(opened.batchId))?.status, "importing");
    await sweepAfter(61 * 60_000);
    const closed = await inStatus(stack, opened.batchId, "running");
    assert.deepEqual([closed.isCutOff, closed.rows, closed.queued], [true, 20, 20]);
    await stack.startAnotherWorker();
    assert.equal((await inStatus(stack, opened.batchId, "finished")).completed, 20);
  }));

test("a batch keeps what its results repeat of the file: separator, columns, lines, rows of their own", () =>
  withBatches({ startsPaused: true }, async ({ producer }) => {
    const [first, second, other] = requests(3);
    const rows: InputRow[] = [
      { row: 1, line: 2, input: first },
      { row: 2, line: 5, input: { ...first, name: "Another name" } },
      { row: 3, line: 6, input: second },
      { row: 4, line: 7, input: { ...other, name: "" } },
    ];
    const file = { delimiter: ";", columns: ["name", "phoneId"] };
    const opened = await producer.importRows(rows, { name: "numbers.csv", file });
    await Array.fromAsync(opened.rows);
    assert.equal((await producer.batches.inputFile(opened.batchId)).delimiter, ";");
    const { columns = [] } = await producer.batches.inputFile(opened.batchId);
    assert.deepEqual(columns.slice(0, 2), ["name", "phoneId"]);
    const seen = await Array.fromAsync(resultRows(producer, opened.batchId));
    assert.deepEqual(
      seen.map(({ line, input }) => [line, input.name]),
      [
        [2, first?.name],
        [5, "Another name"],
        [6, second?.name],
        [7, ""],
      ],
    );
    assert.deepEqual(
      [...(await producer.batches.linesOf(opened.batchId, [4, 2]))],
      [
        [4, 7],
        [2, 5],
      ],
    );
  }));

test("a row that is recorded again counts as what it was recorded as last, also within one call", () =>
  withBatches({ startsPaused: true }, async (stack) => {
    const { batches } = stack.producer;
    const { rows } = await importAll(stack, requests(2));
    const [first, second] = rows.map((row) => ("install" in row ? row.install.id : ""));
    const { id } = await batches.open({ importKey: "again" }, { name: "again.csv" });
    const own = (installId = "") => ({ row: 1, record: { installId, attached: false } });
    const joined = (installId = "") => ({ row: 1, record: { installId, attached: true } });
    const bad = { row: 1, record: { errors: [{ path: "name", message: "missing" }], input: {} } };
    const recorded = async (...again: readonly BatchRow[]) => {
      await batches.record(id, again, { firstRow: 1, digest: "d", workspaces: [] });
      const batch = await batches.find(id);
      const read = await batches.readRows(id, [1]);
      return [batch?.accepted, batch?.attached, batch?.rejected, read.map(({ record }) => record)];
    };
    assert.deepEqual(await recorded(own(first)), [1, 0, 0, [own(first).record]]);
    assert.deepEqual(await recorded(bad), [0, 0, 1, [bad.record]]);
    assert.deepEqual(await recorded(joined(second)), [0, 1, 0, [joined(second).record]]);
    assert.deepEqual(await recorded(bad, own(first), bad, joined(first), own(second)), [
      ...[1, 0, 0],
      [own(second).record],
    ]);
  }));

test("a row of the canary that is recorded again as rejected is no longer waited for", () =>
  withBatches({ startsPaused: true }, async (stack) => {
    const { batches } = stack.producer;
    const { batchId } = await importAll(stack, requests(2), { canary: 1 });
    assert.equal(await batches.canaryCount(batchId), 1);
    const bad = { row: 1, record: { errors: [{ path: "name", message: "missing" }], input: {} } };
    await batches.record(batchId, [bad], { firstRow: 1, digest: "d", workspaces: [] });
    assert.equal(await batches.canaryCount(batchId), 0);
  }));
