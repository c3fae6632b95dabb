import type { BirdAnswer } from "./bird-client.ts";
import { type Refusal, refusalOf } from "./refusal.ts";

/** What a DELETE proves. Repeating one is safe: what is gone stays gone. */
export type DeleteResult =
  | { readonly kind: "gone" }
  | Extract<Refusal, { readonly kind: "denied" | "unavailable" }>;

/**
 * Reads the answer to a DELETE. Bird documents no status for success, so any 2xx is one; a 404 says that it was
 * gone before.
 */
export const deleteResult = (answer: BirdAnswer): DeleteResult => {
  const refusal = refusalOf(answer);
  if (refusal === undefined || refusal.kind === "not_found") return { kind: "gone" };
  if (refusal.kind === "denied" || refusal.kind === "unavailable") return refusal;
  const { birdStatus } = refusal;
  return { kind: "unavailable", reason: `HTTP ${birdStatus}`, birdStatus };
};
