import type { Install } from "../install/install.ts";
import type { InstallFilter } from "../install/install-filter.ts";
import type { InstallChange, InstallRequestInput, Requester } from "../install/request.ts";
import type { Enqueued, EnqueuedRow } from "./put/enqueued.ts";

/** What `createProducer` takes. `redisUrl` and `sealingKeys` are those of the workers; the rest has defaults. */
export interface ProducerOptions {
  /** As REDIS_URL: `redis://`, `rediss://`, `unix:///path`, `redis+sentinel://…` or `redis+cluster://…`. */
  readonly redisUrl: string;
  /** As SEALING_KEYS: `kid:base64url-32-bytes,…`. The first seals, and workers must have it; all open. */
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
}

/** What makes a repeat of a request safe, and the requester; default: that of the producer. */
export interface EnqueueOptions extends Requester {
  /** The same key with the same request is the same install, for 48 hours. */
  readonly idempotencyKey?: string | undefined;
  /** The key's namespace; default: that of the producer. */
  readonly idempotencyNamespace?: string | undefined;
}

/** How {@link Producer.enqueueMany} enqueues. */
export interface EnqueueManyOptions extends Requester {
  /** Makes the requests one batch of this name. A repeat of a call that was cut off continues it. Default: no batch. */
  readonly batchName?: string | undefined;
}

/** How long {@link Producer.waitFor} waits. */
export interface WaitOptions {
  /** Default 300,000 ms, 5 minutes. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait with its reason once it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Which installs {@link Producer.list} returns, and which page of them. */
export interface ListOptions extends InstallFilter {
  /** Most items of the page; default 50. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A page of installs, newest first. */
export interface InstallsPage {
  /** Newest first; at most `limit`. */
  readonly items: readonly Install[];
  /** Where the next page begins; undefined on the last. A page may hold fewer items than asked for and still have one. */
  readonly nextCursor: string | undefined;
}

/**
 * Puts installs on the queue and follows them. Every method throws `RedisUnavailableError` while Redis cannot be used,
 * and `ProducerClosedError` after {@link Producer.close}. Nothing it returns or throws holds a token.
 */
export interface Producer {
  /**
   * Enqueues one install. Safe to repeat: while the number has a current install in its workspace, that one is returned.
   *
   * @throws {InputError} naming every issue of the request; nothing was enqueued.
   * @throws {NumberMismatchError} its `phoneId` has a current install with another number or WABA.
   * @throws {IdempotencyKeyReusedError} the key was used before with another request.
   * @throws {RedisUnavailableError} at once while Redis is unreachable; whether it was enqueued is then unknown, and
   *   sending it again is safe.
   * @throws {ShardsError} the fleet has more shards now: open a producer with as many.
   * @example
   * const { install, created } = await producer.enqueue(
   *   { workspaceId, name: "Acme", wabaId, phoneId, phoneNumber: "+1 415 555 0123", accessToken },
   *   { idempotencyKey: "order-4711" },
   * );
   */
  enqueue(request: InstallRequestInput, options?: EnqueueOptions): Promise<Enqueued>;
  /**
   * Enqueues many installs, a few hundred at a time, and yields one result a request in their order. An invalid request
   * is yielded with its errors and stops nothing. Reads at most one group ahead. With a name they form a batch, which a
   * repeat of a call that was cut off continues. Nothing is enqueued until the generator is read.
   *
   * @param requests Install requests as for {@link Producer.enqueue}; validated one by one.
   * @throws {RedisUnavailableError} Requests not yielded yet may or may not have been enqueued; a repeat is safe.
   * @example
   * for await (const row of producer.enqueueMany(requests, { batchName: "march" })) {
   *   if ("errors" in row) console.error(row.row, row.errors);
   * }
   */
  enqueueMany(
    requests: AsyncIterable<unknown> | Iterable<unknown>,
    options?: EnqueueManyOptions,
  ): AsyncGenerator<EnqueuedRow, void, undefined>;
  /**
   * Waits until the install has ended: completed, failed or cancelled. While Redis is unreachable the wait continues.
   *
   * @throws {WaitTimeoutError} It has not ended within `timeoutMs`, and continues.
   * @throws {InstallNotFoundError} There is no such install.
   * @throws {RedisUnavailableError} when Redis is unreachable at this producer's first wait.
   * @throws the signal's reason once it is aborted.
   * @example
   * const ended = await producer.waitFor(install.id, { timeoutMs: 60_000 });
   * if (ended.status === "failed") console.error(ended.error?.message, ended.error?.action);
   */
  waitFor(installId: string, options?: WaitOptions): Promise<Install>;
  /**
   * The install with this id; undefined when there is none, or its retention is over.
   *
   * @example
   * const install = await producer.find(installId);
   */
  find(installId: string): Promise<Install | undefined>;
  /**
   * A page of installs, newest first.
   *
   * @throws {InputError} naming every option that is wrong or unknown; a cursor must be one that a page gave.
   * @example
   * const { items, nextCursor } = await producer.list({ status: "failed", limit: 100 });
   */
  list(options?: ListOptions): Promise<InstallsPage>;
  /**
   * Ends an install that has not ended. A worker carries it out; `cancellation` of the install says what was undone.
   *
   * @throws {InstallNotFoundError} There is no such install.
   * @throws {InstallStateError} It has ended already.
   * @example
   * const { cancellation } = await producer.cancel(installId);
   */
  cancel(installId: string): Promise<Install>;
  /**
   * Queues a failed or cancelled install again.
   *
   * @param change Members that replace those of its request.
   * @throws {InstallNotFoundError} There is no such install.
   * @throws {InstallStateError} It has not failed, or its number has another current install.
   * @throws {InputError} A member is wrong, or the access token is needed again.
   * @throws {ConnectorOfAnotherInstallError} Its connector belongs to another install.
   * @example
   * await producer.retry(installId, { accessToken: newToken });
   */
  retry(installId: string, change?: InstallChange): Promise<Install>;
  /** Closes the connections; may be called more than once. Queued installs are unaffected. */
  close(): Promise<void>;
}

/** The producer was closed: open another one with `createProducer`. */
export class ProducerClosedError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "producer_closed";

  constructor() {
    super("The producer is closed: open another one with createProducer.");
    this.name = "ProducerClosedError";
  }
}

/** No worker has the key that this producer would seal tokens with. */
export class SealingKeysError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "foreign_sealing_keys";

  constructor(kid: string) {
    super(
      `sealingKeys (SEALING_KEYS) are not those of the workers: none of them can open what key ${kid}, the first, seals. Use the workers' SEALING_KEYS here; while rotating, restart the workers with the new key first.`,
    );
    this.name = "SealingKeysError";
  }
}
