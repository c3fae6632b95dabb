import type { Batch, InputFile } from "../../../src/install/batch.ts";
import type { Install } from "../../../src/install/install.ts";
import type { Batches } from "../../../src/queue/batches/batches.ts";
import type { BatchRow } from "../../../src/queue/batches/rows.ts";

/** A batch in memory; tests may change it. */
export interface FakeBatch {
  readonly name: string;
  /** Known once its import has ended. */
  rowCount?: number;
  isCutOff?: boolean;
  /** What is shown in place of what its installs amount to. */
  change?: Partial<Batch>;
  readonly rows: BatchRow[];
  file: InputFile;
  failures: number[];
}

type FakeBatches = Pick<
  Batches,
  | "open"
  | "state"
  | "digestOf"
  | "record"
  | "close"
  | "readRows"
  | "canaryCount"
  | "move"
  | "find"
  | "rows"
  | "failures"
  | "inputFile"
  | "linesOf"
  | "failureCounts"
  | "faultCounts"
  | "samples"
>;

/** Batches in memory, counted by what their installs are when they are looked at. An import never goes on. */
export const createFakeBatches = (
  batches: FakeBatch[],
  look: (ids: readonly string[]) => Promise<readonly (Install | undefined)[]>,
): FakeBatches => {
  const batchOf = (id: string): FakeBatch => {
    const batch = batches[Number(id.slice(1)) - 1];
    if (batch === undefined) throw new Error(`there is no batch ${id}`);
    return batch;
  };
  const tally = (batch: FakeBatch) => ({
    hasFinished: false,
    mustMove: false,
    isCancelled: batch.change?.status === "cancelled",
    hasCanary: false,
  });

  const rowsOf = async (batch: FakeBatch) => {
    const ids = batch.rows.flatMap(({ record }) => ("installId" in record ? [record.installId] : []));
    const installs = (await look(ids)).values();
    return batch.rows.map(({ row, record }) =>
      "errors" in record
        ? { row, came: "rejected" as const }
        : {
            row,
            came: record.attached ? ("attached" as const) : ("accepted" as const),
            state: stateOf(installs.next().value),
          },
    );
  };

  const find = async (id: string): Promise<Batch> => {
    const batch = batchOf(id);
    const rows = await rowsOf(batch);
    const cameAs = (what: string): number => rows.filter(({ came }) => came === what).length;
    const inState = (what: string): number => rows.filter(({ state }) => state === what).length;
    for (const { row, state } of rows)
      if (state === "failed" && !batch.failures.includes(row)) batch.failures.unshift(row);
    const isOpen = inState("queued") + inState("awaiting") > 0;
    return {
      id,
      name: batch.name,
      status: batch.rowCount === undefined ? "importing" : isOpen ? "running" : "finished",
      rows: rows.length,
      accepted: cameAs("accepted"),
      attached: cameAs("attached"),
      rejected: cameAs("rejected"),
      queued: inState("queued"),
      awaiting: inState("awaiting"),
      completed: inState("completed"),
      failed: inState("failed"),
      cancelled: inState("cancelled"),
      createdAt: "2026-01-01T00:00:00.000Z",
      isCutOff: batch.isCutOff,
      ...batch.change,
    };
  };

  return {
    open: async (_key, { name, file = {} }) => ({
      id: `B${batches.push({ name, rows: [], file, failures: [] })}`,
      isContinued: false,
    }),
    state: async (id) => ({
      batch: await find(id),
      isClosed: false,
      readAtMs: 0,
      mustMove: false,
      decisions: 0,
      starts: 1,
      hasCanary: false,
      isUnsettled: false,
    }),
    digestOf: async () => undefined,
    record: async (id, rows, { input: { columns, lines = [], own = [] } = {} }) => {
      const batch = batchOf(id);
      if (columns !== undefined) batch.file = { ...batch.file, columns };
      for (const row of rows) {
        const [stepRow, stepLine] = lines.findLast(([first]) => first <= row.row) ?? [row.row, undefined];
        const line = stepLine === undefined ? undefined : stepLine + row.row - stepRow;
        batch.rows.push({ ...row, line, own: own.find(([owner]) => owner === row.row)?.[1] });
      }
      return tally(batch);
    },
    close: async (id, rowCount, { isCutOff = false } = {}) =>
      tally(Object.assign(batchOf(id), { rowCount, ...(isCutOff && { isCutOff }) })),
    readRows: async (id, rows) =>
      rows.flatMap((wanted) => batchOf(id).rows.filter(({ row }) => row === wanted)),
    canaryCount: async () => 0,
    move: async () => undefined,
    find,
    inputFile: async (id) => batchOf(id).file,
    linesOf: async (id) =>
      new Map(
        batchOf(id).rows.flatMap(({ row, line }) => (line === undefined ? [] : [[row, line] as const])),
      ),
    async *rows(id) {
      yield* batchOf(id).rows;
    },
    failureCounts: async () => [],
    faultCounts: async () => [],
    samples: async () => [],
    failures: async (id) =>
      batchOf(id)
        .failures.slice(0, 20)
        .map((row) => ({ row, failedAtMs: row })),
  };
};

const stateOf = (install: Install | undefined) => {
  switch (install?.status) {
    case undefined:
      return "failed";
    case "completed":
    case "failed":
    case "cancelled":
      return install.status;
    case "awaiting_channel":
      return "awaiting";
    default:
      return "queued";
  }
};
