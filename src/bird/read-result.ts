import type { z } from "zod";
import type { BirdAnswer } from "./bird-client.ts";

/** What a GET proves. A read that is forbidden must degrade what depends on it, never fail an install. */
export type ReadResult<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "not_found" }
  /** The key is not valid: not about this read, but about every call. */
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
