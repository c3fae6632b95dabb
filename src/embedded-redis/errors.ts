/**
 * The one error of `startEmbeddedRedis`; its message is a sentence saying what to do.
 *
 * - `no_server`: the machine has no Redis or Valkey that runs, and none could be fetched.
 * - `start_failed`: there is one, but it does not start; the message ends with its last log lines, if any.
 */
export class EmbeddedRedisError extends Error {
  override readonly name = "EmbeddedRedisError";
  readonly code: "no_server" | "start_failed";

  constructor(code: "no_server" | "start_failed", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether a caught value is a system error with one of these codes, such as `ENOENT`. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code)
  );
}
