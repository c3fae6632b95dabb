import { z } from "zod";
import { parseInput } from "../install/errors/input-error.ts";
import { filterMembers } from "../install/install-filter.ts";
import { installChangeSchema } from "../install/request.ts";
import { ulidCursorSchema } from "../install/values/cursor.ts";
import {
  codeOf,
  RedisConnectError,
  RedisUnavailableError,
  redisFault,
  redisFaultOf,
} from "../redis/errors.ts";
import { type ListOptions, type Producer, ProducerClosedError, type ProducerOptions } from "./facade.ts";
import { createProducer as createInternalProducer } from "./producer.ts";

/**
 * Opens a producer: one connection to Redis, and on the first `waitFor` one more and one a shard.
 *
 * @throws {TypeError} naming every option that is missing or wrong. Nothing was opened.
 * @throws {RedisUnavailableError} Redis cannot be reached or refuses the user; `reason` says which.
 * @throws {ShardsError} more shards are in use than `shards` says.
 * @throws {SealingKeysError} no worker can open what the first of `sealingKeys` seals.
 * @example
 * const producer = await createProducer({ redisUrl, sealingKeys });
 * try {
 *   await producer.enqueue(request);
 * } finally {
 *   await producer.close();
 * }
 */
export const createProducer = async (options: ProducerOptions): Promise<Producer> => {
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
    enqueue: (request, how) => guarded(() => inner.enqueue(request, how)),
    enqueueMany: async function* (requests, how) {
      whenOpen();
      for await (const row of inner.enqueueMany(requests, how)) {
        yield row;
        whenOpen();
      }
    },
    waitFor: (installId, how) => guarded(() => inner.waitFor(installId, how)),
    find: (installId) => guarded(() => inner.installs.find(installId)),
    list: (options = {}) => guarded(async () => inner.installs.list(parseInput(listOptionsSchema, options))),
    cancel: (installId) => guarded(() => actions.cancel(installId)),
    retry: (installId, change = {}) =>
      guarded(() => actions.retry(installId, parseInput(installChangeSchema, change))),
    close: () => {
      closing ??= inner.close();
      return closing;
    },
  };
};

const listOptionsSchema = z.strictObject({
  ...filterMembers,
  limit: z.int("must be a whole number from 1").min(1, "must be a whole number from 1").default(50),
  cursor: ulidCursorSchema,
} satisfies Record<keyof ListOptions, z.ZodType>);

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
