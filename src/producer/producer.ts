import { monotonicFactory } from "ulid";
import { parseInput } from "../install/input-error.ts";
import type { Install } from "../install/install.ts";
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
import { createKeys } from "../queue/keyspace/keys.ts";
import { createPlacement } from "../queue/keyspace/placement.ts";
import { registerShardCount } from "../queue/keyspace/shard-number.ts";
import { idInShard } from "../queue/keyspace/shards.ts";
import { createEstimateFinish } from "../queue/maintenance/finish-estimate.ts";
import { createMatching } from "../queue/matching/matching.ts";
import { weakSealingKeys } from "../queue/secrets/guessable.ts";
import { createSeal, readSealingKeys } from "../queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../redis/connection.ts";
import { mapRedisErrors } from "../redis/errors.ts";
import { type DryRun, dryRunRows } from "./import/dry-run.ts";
import { createImportRows, type ImportRows } from "./import/import-rows.ts";
import { traceImport } from "./import/trace.ts";
import { createEnqueueOne } from "./put/enqueue-one.ts";
import { type EnqueuedRow, enqueueRows, type InputRow, numbered } from "./put/enqueue-rows.ts";
import { type CanaryPut, type Enqueued, putInstalls, type Submission } from "./put/put-installs.ts";
import { type OpenWait, openWait } from "./wait-for.ts";

export interface ProducerOptions {
  /** As REDIS_URL: `redis://`, `rediss://`, `unix:///path`, `redis+sentinel://…` or `redis+cluster://…`. */
  readonly redisUrl: string;
  /** In the form of `SEALING_KEYS`: `kid:base64url-32-bytes,…`; the first seals. */
  readonly sealingKeys: string;
  /**
   * Accepts sealing keys that can be guessed, such as 32 equal bytes, which are refused otherwise: for tests and a
   * sandbox, whose tokens protect nothing. Default false.
   */
  readonly allowGuessableKeys?: boolean | undefined;
  /** How long ended installs and batches stay, as RETENTION_MS, ms. Default 30 days. */
  readonly retentionMs?: number | undefined;
  /** Creates a second of one workspace, as BIRD_POSTS_PER_SECOND; used only to estimate when a dry run would finish. Default 400. */
  readonly postsPerSecond?: number | undefined;
  /** Prefix of all keys in Redis, with a hash tag. Default `{perch}`. */
  readonly prefix?: string | undefined;
  /** How many queues installs are spread over by workspace, as SHARDS. Default 1. */
  readonly shards?: number | undefined;
  /** Separates the idempotency keys of this producer from those of others. Default `library`. */
  readonly idempotencyNamespace?: string | undefined;
  /** Name of the requester, stored and shown with its installs; 1 to 100 characters. Default: none. */
  readonly requestedBy?: string | undefined;
  readonly now?: (() => number) | undefined;
}

/** What makes a repeat of a request safe, and the requester; default: that of the producer. */
export interface EnqueueOptions extends Requester {
  /** The same key with the same request is the same install, for 48 hours. */
  readonly idempotencyKey?: string | undefined;
  /** The key's namespace; default: that of the producer. */
  readonly idempotencyNamespace?: string | undefined;
}

/** All of a producer, for what is part of Perch; programs have the smaller one of `library.ts`. */
export interface Producer {
  /**
   * Enqueues one install. Safe to repeat: while the number has a current install in its workspace,
   * that one is returned.
   *
   * @throws {InputError} naming every issue of the request; nothing was enqueued.
   * @throws {NumberMismatchError} its `phoneId` has a current install with another number or WABA.
   * @throws {IdempotencyKeyReusedError} the key was used before with another request.
   * @throws {RedisUnavailableError} at once while Redis is unreachable; whether it was enqueued is then unknown, and
   *   sending it again is safe.
   * @throws {ShardsError} the fleet has more shards now: open a producer with as many.
   */
  enqueue(request: InstallRequestInput, options?: EnqueueOptions): Promise<Enqueued>;
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
  /**
   * Enqueues many installs, a few hundred at a time, and yields one result a request in their order. An invalid request
   * is yielded with its errors and stops nothing. Reads at most one group ahead. With a name they form a batch, which a
   * repeat of a call that was cut off continues.
   */
  enqueueMany(
    requests: AsyncIterable<unknown> | Iterable<unknown>,
    options?: Requester & { readonly batchName?: string | undefined },
  ): AsyncGenerator<EnqueuedRow, void, undefined>;
  /** Enqueues rows that have their own numbers as a batch. Repeating an import that was cut off continues it. */
  readonly importRows: ImportRows;
  /**
   * What {@link importRows} would do with rows; enqueues and writes nothing.
   *
   * @param options.isAlone Estimates the finish as if there were no other installs.
   */
  forecastRows(
    rows: AsyncIterable<InputRow> | Iterable<InputRow>,
    options?: { readonly isAlone?: boolean | undefined },
  ): DryRun;
  readonly batches: Batches;
  readonly installs: Installs;
  readonly actions: InstallActions;
  /**
   * Waits until the install has ended: completed, failed or cancelled. Default time-out 5 minutes. While Redis is
   * unreachable the wait continues.
   *
   * @throws {WaitTimeoutError} @throws {InstallNotFoundError} @throws the signal's reason once it is aborted.
   * @throws {RedisUnavailableError} when Redis is unreachable at this producer's first wait.
   */
  waitFor(
    installId: string,
    options?: { readonly timeoutMs?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<Install>;
  /** Closes the connections. Queued installs are unaffected. */
  close(): Promise<void>;
}

/**
 * Opens a producer: one connection, and on the first `waitFor` one more and one a shard.
 *
 * @param how.registersShards False for a producer that enqueues nothing: it does not register its number of shards.
 * @throws {TypeError} the sealing keys are malformed, or can be guessed.
 * @throws {ShardsError} more shards are in use than `shards` says.
 */
export const createProducer = async (
  options: ProducerOptions,
  { registersShards = true }: { readonly registersShards?: boolean } = {},
): Promise<Producer> => {
  requesterName(options.requestedBy);
  const sealingKeys = readSealingKeys(options.sealingKeys);
  const [weakness] = weakSealingKeys(sealingKeys, { allowsGuessable: options.allowGuessableKeys === true });
  if (weakness !== undefined) throw new TypeError(`sealingKeys (SEALING_KEYS) ${weakness}`);
  const keys = createKeys(options.prefix, options.shards);
  const client = await connectRedis(options.redisUrl, { whenAway: "fail", name: "producer" });
  try {
    if (registersShards) await mapRedisErrors(registerShardCount)({ client, keys });
  } catch (error) {
    await closeRedis(client);
    throw error;
  }
  const queues = createInstallsQueues({ client, keys });
  const now = options.now ?? Date.now;
  const retentionMs = options.retentionMs ?? 30 * 86_400_000;
  const installs = mapRedisErrors(createInstalls({ client, keys, retentionMs, now }));
  const { assignShard } = createPlacement({ client, keys });
  const nextUlid = monotonicFactory();
  const nextId = mapRedisErrors(
    async (workspaceId: string): Promise<string> =>
      idInShard(nextUlid(), keys.shards.indexOf(await assignShard(workspaceId))),
  );
  const seal = createSeal(sealingKeys);
  const put = mapRedisErrors((submissions: readonly Submission[], canary?: CanaryPut) =>
    putInstalls({ client, keys, queues, installs, seal, retentionMs, now }, submissions, canary),
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
