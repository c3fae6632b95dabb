import type { ImportDeps } from "../../../src/cli/import-deps.ts";
import type { Install } from "../../../src/install/install.ts";
import { installError } from "../../../src/install/install-error.ts";
import { type EnqueuedRow, enqueueRows } from "../../../src/producer/enqueue-rows.ts";
import { forecastRows } from "../../../src/producer/forecast-rows.ts";
import { inputColumns } from "../../../src/producer/input-columns.ts";
import type { BatchRow } from "../../../src/queue/batches.ts";

export interface FakeProducer {
  readonly producer: ImportDeps["producer"];
  readonly installs: Map<string, Install>;
  /** Names of the batches that were opened, and the row counts they were closed with. */
  readonly batches: { readonly name: string; rowCount?: number; readonly rows: BatchRow[] }[];
}

/** A producer in memory. `settle` says what an install has become when it is looked at. */
export const createFakeProducer = (
  settle: (install: Install) => Partial<Install> = (install) => completedAs(install.id),
): FakeProducer => {
  const installs = new Map<string, Install>();
  const byPhoneId = new Map<string, string>();
  const batches: FakeProducer["batches"] = [];
  const batchOf = (id: string) => batches[Number(id.slice(1)) - 1];
  let nextId = 0;
  const producer: ImportDeps["producer"] = {
    enqueueRows: (rows, { batchId }) =>
      enqueueRows(
        {
          nextId: () => `I${++nextId}`,
          put: async (submissions) =>
            submissions.map(({ request, newId, row }) => {
              const { accessToken: _, invitationToken: __, ...shown } = request;
              const known = installs.get(byPhoneId.get(request.phoneId) ?? "");
              if (known !== undefined) return { install: known, created: false };
              const at = "2026-01-01T00:00:00.000Z";
              const life = { status: "queued", attempts: 0, createdAt: at, updatedAt: at } as const;
              const install: Install = { ...shown, ...life, id: newId, batchId, row };
              installs.set(newId, install);
              byPhoneId.set(request.phoneId, newId);
              return { install, created: true };
            }),
          record: async (recorded) => {
            batchOf(batchId)?.rows.push(...recorded.map(recordOf));
          },
        },
        rows,
        batchId,
      ),
    forecastRows: (rows) =>
      forecastRows(
        {
          foresee: async (requests) =>
            requests.map(({ phoneId }) => (byPhoneId.has(phoneId) ? "attached" : "created")),
        },
        rows,
      ),
    batches: {
      create: async (name) => `B${batches.push({ name, rows: [] })}`,
      close: async (id, rowCount) => {
        Object.assign(batchOf(id) ?? {}, { rowCount });
      },
      find: async (id) => {
        const batch = batchOf(id);
        return (
          batch && { id, name: batch.name, createdAt: "2026-01-01T00:00:00.000Z", rowCount: batch.rowCount }
        );
      },
      async *rows(id) {
        yield* batchOf(id)?.rows ?? [];
      },
    },
    installs: {
      findMany: async (ids) =>
        ids.map((id) => {
          const install = installs.get(id);
          return install && { ...install, ...settle(install) };
        }),
    },
  };
  return { producer, installs, batches };
};

export const completedAs = (id: string): Partial<Install> => ({
  status: "completed",
  connectorId: `00000000-0000-4000-8000-c${id.padStart(11, "0")}`,
  channelId: `00000000-0000-4000-8000-d${id.padStart(11, "0")}`,
});

export const failedWith = (code: "rate_limited" | "rejected_by_bird" | "cancelled"): Partial<Install> => ({
  status: code === "cancelled" ? "cancelled" : "failed",
  error: installError({ code }),
});

const recordOf = (row: EnqueuedRow): BatchRow =>
  "errors" in row
    ? { row: row.row, record: { errors: [...row.errors], input: inputColumns(row.input) } }
    : { row: row.row, record: { installId: row.install.id, attached: !row.created } };
