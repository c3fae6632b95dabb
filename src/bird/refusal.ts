import type { BirdAnswer } from "./bird-client.ts";

/** Why Bird did not do what it was asked, as far as its answer proves. */
export type Refusal =
  /** The key, not the request: invalid, or without the policy. */
  | {
      readonly kind: "denied";
      readonly code: "unauthorized" | "forbidden";
      readonly birdStatus: number;
    }
  | { readonly kind: "not_found"; readonly birdStatus: number }
  /** Bird read it and will not do it, however often it is asked. */
  | { readonly kind: "rejected"; readonly birdStatus: number; readonly birdCode: string | undefined }
  | {
      readonly kind: "rate_limited";
      readonly birdStatus: number;
      readonly retryAfterMs: number | undefined;
    }
  /** A fault of Bird or the network: it may have been done all the same. */
  | { readonly kind: "unavailable"; readonly reason: string; readonly birdStatus?: number | undefined };

/** Reads a refusal by the status alone, as bodies may be HTML or empty; undefined for a 2xx. */
export const refusalOf = (answer: BirdAnswer): Refusal | undefined => {
  if (answer.kind !== "answered") return { kind: "unavailable", reason: answer.reason };
  const { status: birdStatus, birdCode, retryAfterMs } = answer;
  if (birdStatus >= 200 && birdStatus < 300) return undefined;
  switch (birdStatus) {
    case 401:
      return { kind: "denied", code: "unauthorized", birdStatus };
    case 403:
      return { kind: "denied", code: "forbidden", birdStatus };
    case 404:
      return { kind: "not_found", birdStatus };
    case 429:
      return { kind: "rate_limited", birdStatus, retryAfterMs };
    case 408:
      return { kind: "unavailable", reason: "HTTP 408", birdStatus };
    default:
      return birdStatus >= 400 && birdStatus < 500
        ? { kind: "rejected", birdStatus, birdCode }
        : { kind: "unavailable", reason: `HTTP ${birdStatus}`, birdStatus };
  }
};
