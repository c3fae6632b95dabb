import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BatchReader } from "../../../src/cli/batch/read.ts";
import { watchBatch } from "../../../src/cli/batch/watch.ts";
import type { Batch } from "../../../src/install/batch.ts";
import { BatchNotFoundError } from "../../../src/install/errors/errors.ts";
import type { Install } from "../../../src/install/install.ts";
import { failedWith } from "./fake-producer.ts";
import { createTestIo } from "./test-io.ts";

const at = "2026-01-01T00:00:00.000Z";

const batchOf = (change: Partial<Batch>): Batch => ({
  id: "B1",
  name: "numbers.csv",
  status: "running",
  rows: 100,
  accepted: 100,
  attached: 0,
  rejected: 0,
  queued: 100,
  awaiting: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  createdAt: at,
  ...change,
});

const finished: Partial<Batch> = { status: "finished", finishedAt: at };

const installOf = (id: string): Install => ({
  workspaceId: "w",
  name: "n",
  wabaId: "1",
  phoneId: "1",
  phoneNumber: "+1",
  id,
  status: "queued",
  attempts: 1,
  createdAt: at,
  updatedAt: at,
  ...failedWith("rejected_by_bird"),
});

type Failures = readonly (readonly [row: number, failedAtMs: number])[];

/** Watches a batch that is something else at every look, whose newest failures come first, for so many looks. */
const watch = async (
  looks: readonly (Partial<Batch> & { readonly failures?: Failures })[],
  options: {
    readonly isTty?: boolean;
    readonly looks?: number;
    readonly find?: (id: string) => Install | undefined;
  } = {},
) => {
  let round = 0;
  const pauses: number[] = [];
  const stop = new AbortController();
  const producer: BatchReader = {
    batches: {
      find: async () => {
        const look = looks[round];
        if (look === undefined) return undefined;
        const { failures: _, ...change } = look;
        return batchOf(change);
      },
      failureCounts: () => assert.fail("counts no codes"),
      faultCounts: () => assert.fail("counts no faults"),
      samples: () => assert.fail("reads no samples"),
      failures: async () => (looks[round]?.failures ?? []).map(([row, failedAtMs]) => ({ row, failedAtMs })),
      inputFile: async () => ({}),
      linesOf: async () => new Map(),
      readRows: async (_id, rows) =>
        rows.map((row) => ({ row, record: { installId: `I${row}`, attached: false } })),
      rows: () => assert.fail("reads no rows"),
    },
    installs: { findMany: async (ids) => ids.map(options.find ?? installOf) },
  };
  const io = createTestIo({ isTty: options.isTty ?? false });
  const pause = async (ms: number): Promise<void> => {
    pauses.push(ms);
    round += 1;
    if (round === options.looks) stop.abort();
    stop.signal.throwIfAborted();
  };
  const ended = await watchBatch({ io, producer, pause }, { batchId: "B1", signal: stop.signal });
  return { ended, pauses, said: io.err() };
};

const refused = (row: number): string =>
  `row ${row}: rejected_by_bird: Bird refused the data of the request.\n`;

describe("watching a batch", () => {
  it("looks once a second until it has finished", async () => {
    const { ended, pauses } = await watch([{}, { completed: 50 }, { ...finished, completed: 100 }]);
    assert.equal(ended?.status, "finished");
    assert.deepEqual(pauses, [1000, 1000]);
  });

  it("draws how far it is, how fast, and how long the rest takes", async () => {
    const running = { completed: 30, failed: 1, queued: 60, awaiting: 9, ratePerSecond: 0.4, etaMs: 170_000 };
    const { said, ended } = await watch([running], { isTty: true, looks: 1 });
    assert.equal(ended, undefined, "it was stopped");
    assert.match(
      said,
      /\] 31% 31 of 100 ended \(0\.4\/s, about 3 min left\): 30 completed, 1 failed, 60 queued, 9 awaiting/,
    );
  });

  it("prints each failure of a row once, the oldest first", async () => {
    const first: Failures = [
      [9, 20],
      [4, 10],
    ];
    const last: Failures = [
      [4, 40],
      [12, 30],
      [9, 20],
    ];
    const { said } = await watch([
      { failed: 2, failures: first },
      { failed: 2, failures: first },
      { failed: 3, failures: last },
      { ...finished, failed: 3, failures: last },
    ]);
    assert.equal(said, [4, 9, 12, 4].map(refused).join(""));
  });

  it("prints a row that was counted after rows that failed later", async () => {
    const { said } = await watch([
      { failed: 1, failures: [[9, 20]] },
      {
        ...finished,
        failed: 2,
        failures: [
          [9, 20],
          [4, 10],
        ],
      },
    ]);
    assert.equal(said, [9, 4].map(refused).join(""));
  });

  it("says how many failed that it cannot name any more", async () => {
    const from = (newest: number, length = 20): Failures =>
      Array.from({ length }, (_, index) => [newest - index, newest - index]);
    const { said } = await watch([
      { failed: 5, failures: from(5, 5) },
      { failed: 50, failures: from(50) },
      { failed: 70, failures: from(70) },
      { ...finished, failed: 71, failures: from(71) },
    ]);
    const lines = said.split("\n");
    assert.deepEqual(
      lines.filter((line) => line.startsWith("…")),
      ["… and 25 more failed"],
    );
    assert.equal(lines.filter((line) => line.startsWith("row ")).length, 5 + 20 + 20 + 1);
  });

  it("leaves out rows that were started again, and names one whose install is gone", async () => {
    const find = (id: string) => (id === "I1" ? undefined : { ...installOf(id), status: "queued" as const });
    const { said } = await watch(
      [
        {
          ...finished,
          failed: 2,
          failures: [
            [2, 20],
            [1, 10],
          ],
        },
      ],
      { find },
    );
    assert.equal(said, "row 1: The install is no longer kept.\n");
  });

  it("says once why it is paused and how to go on, and goes on watching", async () => {
    const pauseReason = "2 of 5 installs that ended have failed, more than 20 %";
    const paused = { status: "paused", pauseReason } as const;
    const byHand = "Paused by a person. Go on with: perch batch B1 --resume\n";
    const { said, ended } = await watch([{ status: "paused" }, {}, { status: "paused" }, finished]);
    assert.equal(said, `${byHand}The batch goes on.\n${byHand}`);
    assert.equal(ended?.status, "finished");
    const onTerminal = await watch([paused, paused, {}, finished], { isTty: true });
    assert.equal(onTerminal.ended?.status, "finished");
    assert.equal(
      onTerminal.said.split(`Paused: ${pauseReason}. Go on with: perch batch B1 --resume\n`).length,
      2,
    );
  });

  it("ends off a terminal when the batch has halted itself", async () => {
    const { said, ended } = await watch([{}, { status: "paused", pauseReason: "too many failed" }, finished]);
    assert.equal(ended?.status, "paused");
    assert.match(said, /^Paused: too many failed\. .*\nStopped watching: the batch has halted and does not /);
  });

  it("stays with a cancelled batch until all of its installs have ended", async () => {
    const { said, pauses } = await watch([
      { status: "cancelled" },
      { status: "cancelled" },
      { status: "cancelled", finishedAt: at },
    ]);
    assert.match(said, /^The batch is cancelled: [^\n]+\n$/);
    assert.equal(pauses.length, 2);
  });

  it("says that the batch goes on when its counts cannot be read any more, and lets the error through", async () => {
    const io = createTestIo();
    const away = () => Promise.reject(new Error("Redis is away"));
    const reads = {
      find: away,
      failures: away,
      failureCounts: away,
      faultCounts: away,
      readRows: away,
      samples: away,
    };
    const batches = { ...reads, inputFile: away, linesOf: away, rows: () => assert.fail("reads no rows") };
    const producer: BatchReader = { batches, installs: { findMany: away } };
    await assert.rejects(watchBatch({ io, producer, pause: away }, { batchId: "B1" }), /Redis is away/);
    assert.match(io.err(), /^Stopped watching\. The batch goes on; watch it again with: perch batch B1/);
  });

  it("ends with an error when the batch is gone", async () => {
    await assert.rejects(watch([{}]), BatchNotFoundError);
  });
});
