import type { ErrorCode } from "../install/error-catalogue.ts";
import { parseInput } from "../install/input-error.ts";
import type { Install, InstallStatus } from "../install/install.ts";
import { type InstallChange, installChangeSchema } from "../install/request.ts";
import {
  codeOf,
  RedisConnectError,
  RedisUnavailableError,
  redisFault,
  redisFaultOf,
} from "../redis/errors.ts";
import { checkProducerOptions } from "./check-options.ts";
import {
  createProducer as createInternalProducer,
  type EnqueueOptions,
  type Producer as InternalProducer,
  type ProducerOptions,
} from "./producer.ts";

/** Which installs {@link Producer.list} returns: those that match all members. */
export interface ListOptions {
  readonly status?: InstallStatus | readonly InstallStatus[] | undefined;
  readonly workspaceId?: string | undefined;
  readonly batchId?: string | undefined;
  /** In E.164, such as `+14155550123`. */
  readonly phoneNumber?: string | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly errorCode?: ErrorCode | undefined;
  /** A part of the name, in any case. */
  readonly name?: string | undefined;
  /** Queued then or later, Unix ms. */
  readonly sinceMs?: number | undefined;
  /** Most items of the page; default 50. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A page of installs, newest first. */
export interface InstallsPage {
  readonly items: readonly Install[];
  /** Where the next page begins; undefined on the last. A page may hold fewer items than asked for and still have one. */
  readonly nextCursor: string | undefined;
}

/**
 * Puts installs on the queue and follows them. Every method throws {@link RedisUnavailableError} while Redis cannot be
 * used, and {@link ProducerClosedError} after {@link Producer.close}.
 */
export interface Producer extends Pick<InternalProducer, "enqueue" | "enqueueMany" | "waitFor" | "close"> {
  /** The install with this id; undefined when there is none, or its retention is over. */
  find(installId: string): Promise<Install | undefined>;
  /** A page of installs, newest first. */
  list(options?: ListOptions): Promise<InstallsPage>;
  /**
   * Ends an install that has not ended. A worker carries it out; `cancellation` of the install says what was undone.
   *
   * @throws {InstallNotFoundError} @throws {InstallStateError} it has ended already.
   */
  cancel(installId: string): Promise<Install>;
  /**
   * Queues a failed or cancelled install again.
   *
   * @param change Members that replace those of its request, such as `{ accessToken }`.
   * @throws {InstallNotFoundError} @throws {InstallStateError} it has not failed, or its number has another current
   *   install. @throws {InputError} a member is wrong, or the access token is needed again.
   * @throws {ConnectorOfAnotherInstallError} its connector belongs to another install.
   */
  retry(installId: string, change?: InstallChange): Promise<Install>;
}

/** The producer was closed: open another one with `createProducer`. */
export class ProducerClosedError extends Error {
  readonly code = "producer_closed";

  constructor() {
    super("The producer is closed: open another one with createProducer.");
    this.name = "ProducerClosedError";
  }
}

/**
 * Opens a producer: one connection to Redis, and on the first `waitFor` one more and one a shard.
 *
 * @throws {TypeError} naming every option that is missing or wrong. Nothing was opened.
 * @throws {RedisUnavailableError} Redis cannot be reached or refuses the user; `reason` says which.
 * @throws {ShardsError} more shards are in use than `shards` says.
 */
export const createProducer = async (options: ProducerOptions): Promise<Producer> => {
  checkProducerOptions(options);
  const inner = await createInternalProducer(options).catch(throwInOptionNames);
  const { actions } = inner;
  let closing: Promise<void> | undefined;
  const whenOpen = (): void => {
    if (closing !== undefined) throw new ProducerClosedError();
  };
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    whenOpen();
    return run().catch(throwInOptionNames);
  };
  return {
    enqueue: (request, how?: EnqueueOptions) => guarded(() => inner.enqueue(request, how)),
    enqueueMany: async function* (requests, how) {
      whenOpen();
      for await (const row of inner.enqueueMany(requests, how)) {
        yield row;
        whenOpen();
      }
    },
    waitFor: (installId, how) => guarded(() => inner.waitFor(installId, how)),
    find: (installId) => guarded(() => inner.installs.find(installId)),
    list: ({ limit = 50, ...filter } = {}) => guarded(() => inner.installs.list({ ...filter, limit })),
    cancel: (installId) => guarded(() => actions.cancel(installId)),
    retry: (installId, change = {}) =>
      guarded(() => actions.retry(installId, parseInput(installChangeSchema, change))),
    close: () => {
      closing ??= inner.close();
      return closing;
    },
  };
};

/** Programs know the option and not the setting; and at the start there is no request to send again. */
const throwInOptionNames = (error: unknown): never => {
  const isAtStart = error instanceof RedisConnectError;
  if (!isAtStart && !(error instanceof RedisUnavailableError)) throw error;
  const { kind, ...fault } = redisFaultOf(error.cause) ?? redisFault("unreachable");
  const named = { ...fault, kind, detail: inOptionNames(fault.detail), fix: inOptionNames(fault.fix) };
  throw new RedisUnavailableError(named, {
    cause: error.cause,
    ...(isAtStart && { message: `${named.detail}${codeOf(error.cause)}. ${named.fix}` }),
  });
};

const inOptionNames = (text: string): string => text.replaceAll("REDIS_URL", "redisUrl");
