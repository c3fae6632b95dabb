/**
 * What one call to create can end in. The closed set: what to do about each is decided in one table, in the
 * worker.
 */
export type CreateOutcome =
  | { readonly kind: "created"; readonly connectorId: string }
  /** Refused for now and provably not carried out. */
  | { readonly kind: "rate_limited"; readonly retryAfterMs: number | undefined }
  /** The key is wrong, not the install. */
  | { readonly kind: "denied"; readonly code: "unauthorized" | "forbidden" }
  | { readonly kind: "rejected"; readonly birdStatus: number; readonly birdCode: string | undefined }
  | { readonly kind: "workspace_not_found"; readonly birdCode: string | undefined }
  /** Bird says such a connector exists; `candidateIds` are UUIDs found in the answer's details. */
  | {
      readonly kind: "conflict";
      readonly birdCode: string | undefined;
      readonly candidateIds: readonly string[];
    }
  /** No byte left. */
  | { readonly kind: "not_sent"; readonly reason: string }
  /** This run may have lost its lock, so it did not send. */
  | { readonly kind: "withheld" }
  /** It may have been carried out: look before any repeat. */
  | { readonly kind: "unknown"; readonly reason: string; readonly birdStatus: number | undefined };
