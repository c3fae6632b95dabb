import type { z } from "zod";
import { type BirdWords, birdAnswer } from "../install/errors/install-error.ts";
import type { BirdAnswer } from "./bird-client.ts";

/** What a GET proves. A forbidden read must degrade what depends on it, and must not fail an install. */
export type ReadResult<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "not_found" }
  /** The key is invalid, for every call. */
  | { readonly kind: "unauthorized" }
  /** The key is valid and has no policy for this read. */
  | { readonly kind: "forbidden" }
  | { readonly kind: "unavailable"; readonly reason: string; readonly retryAfterMs?: number | undefined };

/** Reads the answer to a GET; a 2xx that does not fit the schema counts as unavailable. */
export const readResult = <T extends z.ZodType>(schema: T, answer: BirdAnswer): ReadResult<z.output<T>> => {
  if (answer.kind !== "answered") return { kind: "unavailable", reason: answer.reason };
  const { status, body, retryAfterMs } = answer;
  if (status === 404) return { kind: "not_found" };
  if (status === 401) return { kind: "unauthorized" };
  if (status === 403) return { kind: "forbidden" };
  const parsed = status >= 200 && status < 300 ? schema.safeParse(body) : undefined;
  return parsed?.success === true
    ? { kind: "found", value: parsed.data }
    : { kind: "unavailable", reason: `HTTP ${status}`, retryAfterMs };
};

/** Why Bird did not carry out a request, as far as its answer proves. */
export type Refusal =
  /** The key, not the request: invalid, or without the policy. */
  | ({
      readonly kind: "denied";
      readonly code: "unauthorized" | "forbidden";
      readonly birdStatus: number;
    } & Partial<BirdWords>)
  | ({ readonly kind: "not_found"; readonly birdStatus: number } & Partial<BirdWords>)
  /** Bird refuses the request; a repeat changes nothing. */
  | ({ readonly kind: "rejected"; readonly birdStatus: number } & BirdWords)
  | ({
      readonly kind: "rate_limited";
      readonly birdStatus: number;
      readonly retryAfterMs: number | undefined;
    } & Partial<BirdWords>)
  /** A failure of Bird or the network: the request may have been carried out. */
  | ({
      readonly kind: "unavailable";
      readonly reason: string;
      readonly birdStatus?: number | undefined;
    } & Partial<BirdWords>);

/** Reads a refusal by the status alone, as bodies may be HTML or empty; undefined for a 2xx. */
export const refusalOf = (answer: BirdAnswer): Refusal | undefined => {
  if (answer.kind !== "answered") return { kind: "unavailable", reason: answer.reason };
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  return { ...birdAnswer(answer), birdStatus: status, ...kindOf(answer) };
};

const kindOf = ({ status, birdCode, retryAfterMs }: Extract<BirdAnswer, { readonly kind: "answered" }>) => {
  switch (status) {
    case 401:
      return { kind: "denied", code: "unauthorized" } as const;
    case 403:
      return { kind: "denied", code: "forbidden" } as const;
    case 404:
      return { kind: "not_found" } as const;
    case 429:
      return { kind: "rate_limited", retryAfterMs } as const;
    default:
      return status >= 400 && status < 500 && status !== 408
        ? ({ kind: "rejected", birdCode } as const)
        : ({ kind: "unavailable", reason: `HTTP ${status}` } as const);
  }
};

/** What a DELETE proves. Repeating one is safe. */
export type DeleteResult =
  | { readonly kind: "gone" }
  | Extract<Refusal, { readonly kind: "denied" | "unavailable" }>;

/**
 * Reads the answer to a DELETE. Bird documents no status for success, so any 2xx is one; a 404 means that it was
 * deleted before.
 */
export const deleteResult = (answer: BirdAnswer): DeleteResult => {
  const refusal = refusalOf(answer);
  if (refusal === undefined || refusal.kind === "not_found") return { kind: "gone" };
  if (refusal.kind === "denied" || refusal.kind === "unavailable") return refusal;
  const { birdStatus } = refusal;
  return { kind: "unavailable", reason: `HTTP ${birdStatus}`, birdStatus };
};
