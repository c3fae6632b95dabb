import assert from "node:assert/strict";
import test from "node:test";
import type { Batch } from "../../../src/install/batch.ts";
import { InstallNotFoundError, InstallStateError } from "../../../src/install/errors/errors.ts";
import type { Install } from "../../../src/install/install.ts";
import type { BatchRow } from "../../../src/queue/batches/rows.ts";
import { createMoveBatch } from "../../../src/worker/batches/move.ts";
import { batchOf } from "../../support/batch.ts";
import { installOf } from "../../support/install.ts";

const rowOf = (row: number): BatchRow => ({ row, record: { installId: `i${row}`, attached: false } });

interface Scene {
  /** Undefined: it is gone. */
  readonly batch: Partial<Batch> | undefined;
  readonly mustMove?: boolean;
  readonly rows?: readonly BatchRow[];
  readonly statuses?: Readonly<Record<string, Install["status"]>>;
  /** What cancelling an install throws. */
  readonly fault?: Error;
}

const move = async ({ batch, mustMove = true, rows = [rowOf(1)], statuses = {}, fault }: Scene) => {
  const calls: string[] = [];
  const run = createMoveBatch({
    batches: {
      state: async () =>
        batch && {
          batch: batchOf(batch),
          isClosed: true,
          readAtMs: 0,
          mustMove,
          decisions: 4,
          starts: 1,
          hasCanary: false,
          isUnsettled: false,
        },
      openRows: async () => rows.map(({ row }) => row),
      readRows: async (_id, numbers) => {
        calls.push(`read ${numbers[0]} to ${numbers.at(-1)}`);
        return rows.filter(({ row }) => numbers.includes(row));
      },
      markMoved: async (_id, decisions) => void calls.push(`moved ${decisions}`),
    },
    installs: {
      findMany: async (ids) =>
        ids.map((id) => (id === "gone" ? undefined : installOf({ id, status: statuses[id] ?? "queued" }))),
    },
    matching: {
      wake: async (id) => {
        calls.push(`wake ${id}`);
        return "woken";
      },
    },
    actions: {
      cancel: async (id, { keepsPriority, requestedBy } = {}) => {
        calls.push(`cancel ${id}${keepsPriority === true ? " in turn" : ""} for ${requestedBy}`);
        if (fault !== undefined) throw fault;
        return installOf({ id, status: "cancelled" });
      },
    },
  });
  const moved = await run("batch").catch((error: Error) => calls.push(error.message));
  return { calls, moved };
};

test("a batch whose installs know what was decided is left alone", async () => {
  assert.deepEqual((await move({ batch: {}, mustMove: false })).calls, []);
});

test("a batch that is gone has nothing to move", async () => {
  assert.deepEqual((await move({ batch: undefined })).calls, []);
});

test("a resumed batch wakes what is queued; what is held, retries or waits for its channel comes by itself", async () => {
  const rows = [1, 2, 3, 4].map(rowOf);
  const statuses = { i2: "held", i3: "retrying", i4: "awaiting_channel" } as const;
  const { calls } = await move({ batch: {}, rows, statuses });
  assert.deepEqual(calls, ["read 1 to 4", "wake i1", "moved 4"]);
});

test("a paused batch moves nothing, and that is carried out", async () => {
  assert.deepEqual((await move({ batch: { status: "paused" } })).calls, ["moved 4"]);
});

test("a cancelled batch cancels its installs for the one who decided, but none that has a connector", async () => {
  const rows = [1, 2, 3].map(rowOf);
  const statuses = { i2: "held", i3: "awaiting_channel" } as const;
  const lastDecision = { decision: "cancel", at: "", requestedBy: "ann" } as const;
  const { calls } = await move({ batch: { status: "cancelled", lastDecision }, rows, statuses });
  assert.deepEqual(calls, [
    "read 1 to 3",
    "cancel i1 in turn for ann",
    "cancel i2 in turn for ann",
    "moved 4",
  ]);
});

test("who decided something else is not named as who cancelled", async () => {
  const lastDecision = { decision: "retry", at: "", requestedBy: "ann" } as const;
  const { calls } = await move({ batch: { status: "cancelled", lastDecision } });
  assert.deepEqual(calls, ["read 1 to 1", "cancel i1 in turn for undefined", "moved 4"]);
});

test("what a batch joined, rejected or no longer knows is not its own to move", async () => {
  const rows: readonly BatchRow[] = [
    { row: 1, record: { installId: "i1", attached: true } },
    { row: 2, record: { errors: [], input: {} } },
    { row: 3, record: { installId: "gone", attached: false } },
  ];
  for (const status of ["running", "cancelled"] as const)
    assert.deepEqual((await move({ batch: { status }, rows })).calls, ["read 1 to 3", "moved 4"]);
});

for (const { count, reads } of [
  { count: 100, reads: ["read 1 to 100"] },
  { count: 101, reads: ["read 1 to 100", "read 101 to 101"] },
]) {
  test(`${count} rows are moved in groups of a hundred`, async () => {
    const { calls } = await move({ batch: {}, rows: Array.from({ length: count }, (_, n) => rowOf(n + 1)) });
    assert.deepEqual(
      calls.filter((call) => call.startsWith("read")),
      reads,
    );
  });
}

for (const [what, fault] of [
  ["has ended meanwhile", new InstallStateError("it has ended")],
  ["is gone", new InstallNotFoundError("i1")],
] as const) {
  test(`an install that ${what} does not keep a cancel from being carried out`, async () => {
    const { calls } = await move({ batch: { status: "cancelled" }, fault });
    assert.equal(calls.at(-1), "moved 4");
  });
}

test("a fault while installs are moved leaves the decision to be carried out again", async () => {
  const { calls } = await move({ batch: { status: "cancelled" }, fault: new Error("Redis is away") });
  assert.equal(calls.at(-1), "Redis is away");
});
