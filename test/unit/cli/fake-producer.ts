import type { ImportDeps } from "../../../src/cli/import/deps.ts";
import { installError } from "../../../src/install/errors/install-error.ts";
import type { Install } from "../../../src/install/install.ts";
import { dryRunRows } from "../../../src/producer/import/dry-run.ts";
import { createImportRows } from "../../../src/producer/import/import-rows.ts";
import { testDigests } from "../../support/test-digests.ts";
import { createFakeBatches, type FakeBatch } from "./fake-batches.ts";

export interface FakeProducer {
  readonly producer: ImportDeps["producer"];
  readonly installs: Map<string, Install>;
  readonly batches: FakeBatch[];
}

/** A producer in memory. `settle` says what an install has become when it is looked at. */
export const createFakeProducer = (
  settle: (install: Install) => Partial<Install> | undefined = (install) => completedAs(install.id),
): FakeProducer => {
  const known = new Map<string, Install>();
  const byPhoneId = new Map<string, string>();
  const open: FakeBatch[] = [];
  let nextId = 0;
  const findMany: ImportDeps["producer"]["installs"]["findMany"] = async (ids) =>
    ids.map((id) => {
      const install = known.get(id);
      const settled = install && settle(install);
      return install && settled && { ...install, ...settled };
    });
  const batches = createFakeBatches(open, findMany);
  const installs = { findMany };
  const producer: ImportDeps["producer"] = {
    importRows: createImportRows({
      nextId: async () => `I${++nextId}`,
      put: async (submissions) =>
        submissions.map(({ request, newId, row, batchId }) => {
          const { accessToken: _, invitationToken: __, ...shown } = request;
          const current = known.get(byPhoneId.get(request.phoneId) ?? "");
          if (current !== undefined) return { install: current, created: false };
          const at = "2026-01-01T00:00:00.000Z";
          const life = { status: "queued", attempts: 0, createdAt: at, updatedAt: at } as const;
          const install: Install = { ...shown, ...life, id: newId, batchId, row };
          known.set(newId, install);
          byPhoneId.set(request.phoneId, newId);
          return { install, created: true };
        }),
      batches,
      installs,
      digests: testDigests,
    }),
    forecastRows: (rows) =>
      dryRunRows(
        {
          preview: async (requests) =>
            requests.map(({ phoneId }) => (byPhoneId.has(phoneId) ? "attached" : "created")),
          estimateFinish: async () => ({ finishMs: 130_000, finishBasis: "pace" }),
        },
        rows,
      ),
    batches,
    installs,
  };
  return { producer, installs: known, batches: open };
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
