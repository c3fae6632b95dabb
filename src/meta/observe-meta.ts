/** One request to Meta that has ended. Holds no id, and nothing that was sent. */
export interface MetaExchange {
  readonly operation: "exchange_code" | "debug_token" | "get_phone_number" | "list_phone_numbers";
  readonly outcome: MetaOutcome;
  readonly elapsedMs: number;
}

/**
 * `retryable`: Meta limits the app or has a fault that passes. `refused`: Meta does not accept the token, the code or the
 * app, or shows no such object. `error`: no answer, or none that can be read.
 */
export type MetaOutcome = "ok" | "retryable" | "refused" | "error";

/** Called once for every request to Meta. */
export type ObserveMeta = (exchange: MetaExchange) => void;
