import { z } from "zod";
import type { ErrorCode } from "../../install/errors/error-catalogue.ts";
import { BatchNotFoundError } from "../../install/errors/errors.ts";
import type { Install } from "../../install/install.ts";
import type { InstallChange, Requester } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Batches } from "../batches/batches.ts";
import { type BatchDecisions, createBatchDecisions, decide } from "../batches/decisions.ts";
import { createFairPriorities } from "../gate/fair-priorities.ts";
import type { Installs } from "../installs/installs.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { InstallActions } from "./installs.ts";
import { refusedBecause } from "./refusal.ts";

/** Which failed or cancelled rows of a batch to start again; default: all. */
export interface RetryFilter {
  readonly errorCode?: ErrorCode | undefined;
  readonly rows?: readonly number[] | undefined;
}

/** What a retry of a batch did. */
export const batchRetrySchema = z
  .object({
    matched: z.int().meta({ description: "Installs that fit the filter." }),
    retried: z.int().meta({ description: "Installs that were started again; none in a dry run." }),
    refused: z
      .array(z.object({ row: z.int(), message: z.string() }))
      .readonly()
      .meta({ description: "Why others were not; the first twenty." }),
  })
  .meta({ id: "BatchRetry" });

export type BatchRetry = Readonly<z.infer<typeof batchRetrySchema>>;

/** What people and services do to a batch. */
export interface BatchActions extends BatchDecisions {
  /**
   * Starts failed and cancelled installs of it again.
   *
   * @param options.dryRun Only counts what fits.
   * @param options.within The only workspaces the caller may see; undefined: all.
   * @throws {BatchNotFoundError} @throws {BatchStateError} its cancel is still being carried out.
   */
  retry(
    batchId: string,
    options: Requester & {
      readonly filter: RetryFilter;
      readonly replace?: InstallChange | undefined;
      readonly dryRun?: boolean | undefined;
      readonly within?: readonly string[] | undefined;
      readonly onProgress?: ((soFar: BatchRetry) => void) | undefined;
    },
  ): Promise<BatchRetry>;
}

/** Installs retried at a time. */
const groupSize = 50;
const refusedMax = 20;

interface RetryHow extends Requester {
  readonly replace: InstallChange;
  readonly within: readonly string[] | undefined;
}

export const createBatchActions = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly batches: Batches;
  readonly installs: Pick<Installs, "findMany">;
  readonly actions: Pick<InstallActions, "retry">;
  readonly addMove: (batchId: string) => Promise<void>;
  /** Who acts, where a call does not say. */
  readonly requestedBy?: string | undefined;
  readonly now?: () => number;
}): BatchActions => {
  const { batches, installs, actions } = deps;
  const fair = createFairPriorities({ ...deps, now: deps.now ?? Date.now });

  /** Rows with their installs, some at a time; each install once. */
  async function* fitting(batchId: string, { errorCode, rows }: RetryFilter) {
    const wanted = rows && new Set(rows);
    const ended = await batches.rowsIn(batchId, ["failed", "cancelled"]);
    const some = wanted === undefined ? ended : ended.filter((row) => wanted.has(row));
    const seen = new Set<string>();
    for (let first = 0; first < some.length; first += groupSize) {
      const read = await batches.readRows(batchId, some.slice(first, first + groupSize));
      const fresh = read.flatMap(({ row, record }) =>
        "installId" in record && !seen.has(record.installId) ? [{ row, installId: record.installId }] : [],
      );
      for (const { installId } of fresh) seen.add(installId);
      const found = await installs.findMany(fresh.map(({ installId }) => installId));
      yield fresh.flatMap(({ row }, index) => {
        const install = found[index];
        const fits =
          (install?.status === "failed" || install?.status === "cancelled") &&
          (errorCode === undefined || install.error?.code === errorCode);
        return fits ? [{ row, install }] : [];
      });
    }
  }

  const retryGroup = async (
    batchId: string,
    group: readonly { readonly row: number; readonly install: Install }[],
    { replace, within, ...how }: RetryHow,
  ): Promise<readonly { readonly row: number; readonly message: string }[]> => {
    const priorities = await fair.next(
      "bulk",
      group.map(({ install }) => install.workspaceId),
    );
    const refused = await Promise.all(
      group.map(async ({ row, install }, index) => {
        const message = await refusedBecause(
          () => actions.retry(install.id, replace, { ...how, priority: priorities[index] }),
          within,
        );
        return message === undefined ? [] : [{ row, message }];
      }),
    );
    await batches.recount(
      batchId,
      group.map(({ row }) => row),
      { isReopening: true },
    );
    return refused.flat();
  };

  return {
    ...createBatchDecisions(deps),
    retry: async (batchId, options) => {
      const { filter, replace = {}, dryRun = false, within, requestedBy = deps.requestedBy } = options;
      if ((await batches.find(batchId)) === undefined) throw new BatchNotFoundError(batchId);
      if (!dryRun) await decide(batches, batchId, { decision: "retry", requester: { requestedBy } });
      let soFar: BatchRetry = { matched: 0, retried: 0, refused: [] };
      for await (const group of fitting(batchId, filter)) {
        const refused = dryRun ? [] : await retryGroup(batchId, group, { replace, requestedBy, within });
        soFar = {
          matched: soFar.matched + group.length,
          retried: soFar.retried + (dryRun ? 0 : group.length - refused.length),
          refused: [...soFar.refused, ...refused].slice(0, refusedMax),
        };
        options.onProgress?.(soFar);
      }
      return soFar;
    },
  };
};
