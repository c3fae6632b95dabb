import { ZodError } from "zod";

/** Redis does not take a request just now. Nothing acknowledged is lost, and sending again is safe. */
export class RedisUnavailableError extends Error {
  readonly code = "unavailable";

  constructor(options: ErrorOptions) {
    super("Redis does not answer just now. Send the request again: a repeat creates nothing twice.", options);
    this.name = "RedisUnavailableError";
  }
}

/** What Redis commands throw that is not about Redis: a fault of the program. */
const faults = [TypeError, RangeError, ZodError];

/** Runs commands and turns Redis being away, full or slow into one error a caller can act on. */
export const whileRedisAnswers = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (cause) {
    if (isDeliberate(cause) || faults.some((type) => cause instanceof type)) throw cause;
    throw new RedisUnavailableError({ cause });
  }
};

/** Perch's own errors have a code in small letters; those of Node have capitals, BullMQ's are numbers. */
const isDeliberate = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^[a-z_]+$/.test(error.code);
