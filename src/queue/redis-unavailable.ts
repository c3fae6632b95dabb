import { type RedisFault, type RedisFaultKind, redisFaultOf } from "./redis-fault.ts";

/** Redis does not take a request just now. Nothing acknowledged is lost, and sending again is safe. */
export class RedisUnavailableError extends Error {
  readonly code = "unavailable";
  /** Why, in a word of a closed list. */
  readonly reason: RedisFaultKind;
  readonly fault: RedisFault;

  constructor(fault: RedisFault, options?: ErrorOptions) {
    super(`${fault.detail}. Send the request again: a repeat creates nothing twice.`, options);
    this.name = "RedisUnavailableError";
    this.reason = fault.kind;
    this.fault = fault;
  }
}

/**
 * Runs commands and turns what keeps Redis from taking them into one error a caller can act on. Any other error
 * stays itself: a fault of the program is not made good by sending again.
 */
export const whileRedisAnswers = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (cause) {
    const fault = redisFaultOf(cause);
    if (fault === undefined) throw cause;
    throw new RedisUnavailableError(fault, { cause });
  }
};
