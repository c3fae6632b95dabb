import { ZodError } from "zod";
import { IdempotencyKeyReusedError } from "./idempotency.ts";

/** Redis does not take a request just now. Nothing acknowledged is lost, and sending again is safe. */
export class RedisUnavailableError extends Error {
  readonly code = "unavailable";

  constructor(options: ErrorOptions) {
    super("Redis does not answer just now. Send the request again: a repeat creates nothing twice.", options);
    this.name = "RedisUnavailableError";
  }
}

/** What Redis commands throw that is not about Redis: a fault of the program, or an answer to the caller. */
const otherErrors = [TypeError, RangeError, ZodError, IdempotencyKeyReusedError];

/** Runs commands and turns Redis being away, full or slow into one error a caller can act on. */
export const whileRedisAnswers = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (cause) {
    if (otherErrors.some((type) => cause instanceof type)) throw cause;
    throw new RedisUnavailableError({ cause });
  }
};
