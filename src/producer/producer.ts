import { monotonicFactory } from "ulid";
import { parseInput } from "../install/errors/input-error.ts";
import type { NumberMismatchError } from "../install/number-mismatch.ts";
import {
  type InstallRequestInput,
  installRequestSchema,
  type Requester,
  requesterName,
  type SignupRequest,
  type SignupRequestInput,
  signupRequestSchema,
} from "../install/request.ts";
import { createInstallActions, type InstallActions } from "../queue/actions/installs.ts";
import { createPreviewEnqueue } from "../queue/actions/preview.ts";
import { type Batches, createBatches } from "../queue/batches/batches.ts";
import { createHolds } from "../queue/gate/holds.ts";
import { createIdempotency } from "../queue/installs/idempotency.ts";
import { createInstalls, type Installs } from "../queue/installs/installs.ts";
import { createInstallsQueues } from "../queue/installs/queue.ts";
import { createPlacement } from "../queue/keyspace/placement.ts";
import { idInShard } from "../queue/keyspace/shards.ts";
import { createWorkspaceIndex } from "../queue/keyspace/workspace-index.ts";
import { createEstimateFinish } from "../queue/maintenance/finish-estimate.ts";
import { createMatching } from "../queue/matching/matching.ts";
import { createSeal } from "../queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../redis/connection.ts";
import { mapRedisErrors } from "../redis/errors.ts";
import type { EnqueueOptions, Producer as LibraryProducer, ProducerOptions } from "./facade.ts";
import type { CheckRow } from "./import/check-rows.ts";
import { type DryRun, dryRunRows } from "./import/dry-run.ts";
import { createImportRows, type ImportRows } from "./import/import-rows.ts";
import { traceImport } from "./import/trace.ts";
import { joinFleet } from "./join-fleet.ts";
import { readProducerOptions } from "./options.ts";
import { createEnqueueOne, type EnqueueOnce } from "./put/enqueue-one.ts";
import { enqueueRows, type InputRow, numbered } from "./put/enqueue-rows.ts";
import type { Enqueued } from "./put/enqueued.ts";
import { type CanaryPut, putInstalls, type Submission } from "./put/put-installs.ts";
import { type OpenWait, openWait } from "./wait-for.ts";

/** All of a producer, for what is part of Perch; programs have the smaller one of `facade.ts`. */
export interface Producer extends Pick<LibraryProducer, "enqueue" | "enqueueMany" | "waitFor" | "close"> {
  /**
   * Enqueues a request that has Meta's single-use signup code in place of the token. `exchange` fetches the token; it is
   * called at most once for an idempotency key whose request succeeds. Rethrows what it throws.
   *
   * @throws {IdempotencyKeyInUseError} a request with the same key is in progress.
   */
  enqueueSignup(
    request: SignupRequestInput,
    options: EnqueueOptions & { readonly exchange: (code: string) => Promise<string> },
  ): Promise<Enqueued>;
  /** Enqueues the one install of a key, and calls `complete` for the rest of its request at most once at a time. */
  enqueueOnce(
    once: EnqueueOnce,
    complete: (installId: string) => Promise<InstallRequestInput>,
  ): Promise<Enqueued>;
  /** Enqueues rows that have their own numbers as a batch. Repeating an import that was cut off continues it. */
  readonly importRows: ImportRows;
  /**
   * What {@link importRows} would do with rows; enqueues and writes nothing.
   *
   * @param options.isAlone Estimates the finish as if there were no other installs.
   * @param options.checkRow Asks Meta about the numbers that would be created.
   */
  forecastRows(
    rows: AsyncIterable<InputRow> | Iterable<InputRow>,
    options?: { readonly isAlone?: boolean | undefined; readonly checkRow?: CheckRow | undefined },
  ): DryRun;
  readonly batches: Batches;
  readonly installs: Installs;
  readonly actions: InstallActions;
}

/**
 * Opens a producer: one connection, and on the first `waitFor` one more and one a shard.
 *
 * @param how.enqueues False for a producer that enqueues nothing: it registers no shards, and its keys may be any.
 * @throws {TypeError} naming every option that is missing or wrong. Nothing was opened.
 * @throws {ShardsError} more shards are in use than `shards` says.
 * @throws {SealingKeysError} no worker can open what the first sealing key seals.
 */
export const createProducer = async (
  options: ProducerOptions,
  { enqueues = true, now = Date.now }: { readonly enqueues?: boolean; readonly now?: () => number } = {},
): Promise<Producer> => {
  const { sealingKeys, keys } = readProducerOptions(options);
  const seal = createSeal(sealingKeys);
  const client = await connectRedis(options.redisUrl, { whenAway: "fail", name: "producer" });
  try {
    if (enqueues) await mapRedisErrors(joinFleet)({ client, keys, seal });
  } catch (error) {
    await closeRedis(client);
    throw error;
  }
  const queues = createInstallsQueues({ client, keys });
  const retentionMs = options.retentionMs ?? 30 * 86_400_000;
  const installs = mapRedisErrors(createInstalls({ client, keys, retentionMs, now }));
  const { assignShard } = createPlacement({ client, keys });
  const nextUlid = monotonicFactory();
  const nextId = mapRedisErrors(
    async (workspaceId: string): Promise<string> =>
      idInShard(nextUlid(), keys.shards.indexOf(await assignShard(workspaceId))),
  );
  const workspaceIndex = createWorkspaceIndex({ client, keys });
  const put = mapRedisErrors((submissions: readonly Submission[], canary?: CanaryPut) =>
    putInstalls(
      { client, keys, queues, installs, workspaceIndex, seal, retentionMs, now },
      submissions,
      canary,
    ),
  );
  const { digests } = seal;
  const idempotency = createIdempotency({ client, keys, digests });
  const batches = mapRedisErrors(createBatches({ client, keys, retentionMs, now }));
  const { find: findHold } = createHolds({ client, keys, baseMs: 0, capMs: 0, now });
  const preview = mapRedisErrors(createPreviewEnqueue({ client, keys, installs, findHold }));
  const findMismatch = async (request: SignupRequest): Promise<NumberMismatchError | undefined> => {
    const [previewed] = await preview([request]);
    return typeof previewed === "string" ? undefined : previewed;
  };
  const single = createEnqueueOne({ idempotency, nextId, find: installs.find, put, findMismatch });
  const postsPerSecond = options.postsPerSecond ?? 400;
  const estimateFinish = mapRedisErrors(createEstimateFinish({ client, keys, postsPerSecond, now }));
  const plainImportRows = createImportRows({ put, nextId, digests, batches, installs });
  const useOf = ({ idempotencyKey, idempotencyNamespace }: EnqueueOptions) =>
    idempotencyKey === undefined
      ? undefined
      : {
          key: idempotencyKey,
          namespace: idempotencyNamespace ?? options.idempotencyNamespace ?? "library",
        };
  const by = ({ requestedBy }: Requester): string | undefined =>
    requesterName(requestedBy ?? options.requestedBy);
  const importRows = traceImport(async (rows, how) =>
    plainImportRows(rows, { ...how, requestedBy: by(how) }),
  );
  const matching = createMatching({ client, keys, queues, retentionMs, now });
  const { requestedBy } = options;
  const stored = { client, keys, queues, installs, batches, matching, seal };
  const actions = mapRedisErrors(createInstallActions({ ...stored, requestedBy, now }));
  let opening: Promise<OpenWait> | undefined;
  const wait = mapRedisErrors((): Promise<OpenWait> => {
    if (opening === undefined) {
      const attempt = openWait(options.redisUrl, keys, installs);
      opening = attempt;
      attempt.catch(() => {
        if (opening === attempt) opening = undefined;
      });
    }
    return opening;
  });
  return {
    enqueue: async (input, how = {}) =>
      single.enqueue(parseInput(installRequestSchema, input), { use: useOf(how), requestedBy: by(how) }),
    enqueueSignup: async (input, { exchange, ...how }) =>
      single.enqueueSignup(
        parseInput(signupRequestSchema, input),
        { use: useOf(how), requestedBy: by(how) },
        exchange,
      ),
    enqueueOnce: async (once, complete) =>
      single.enqueueOnce({ ...once, requestedBy: by(once) }, async (installId) =>
        parseInput(installRequestSchema, await complete(installId)),
      ),
    enqueueMany: async function* (requests, { batchName, ...how } = {}) {
      const rows = numbered(requests);
      if (batchName === undefined) yield* enqueueRows({ put, nextId }, rows, { requestedBy: by(how) });
      else yield* (await importRows(rows, { name: batchName, ...how })).rows;
    },
    importRows,
    forecastRows: (rows, options) => dryRunRows({ preview, estimateFinish }, rows, options),
    batches,
    installs,
    actions,
    waitFor: async (installId, { timeoutMs = 300_000, signal } = {}) => {
      const { waitFor } = await wait();
      return waitFor(installId, { timeoutMs, signal });
    },
    close: async () => {
      await (await opening)?.close();
      await queues.close().catch(() => undefined);
      await closeRedis(client);
    },
  };
};
