import type { MetaError } from "./meta-error.ts";

/** The result of a read at Meta's Graph API. Holds neither a token nor Meta's texts. */
export type GraphRead<T> = Answered<T> & {
  /** How long Meta asks to be left alone, ms; 0 when it does not. */
  readonly pauseMs: number;
  /** Whose calls have to pause: all of the app, or those about the account that was asked for. */
  readonly pauses: "app" | "account";
};

type Answered<T> =
  | { readonly kind: "found"; readonly value: T }
  /** Meta shows the token no such object: there is none, or the token may not see it. */
  | { readonly kind: "missing" }
  /** Meta does not accept the token of the request. */
  | { readonly kind: "token_refused"; readonly isExpired: boolean }
  /** The token lacks a permission. */
  | { readonly kind: "denied"; readonly metaCode: number }
  /** Another refusal. */
  | { readonly kind: "refused"; readonly metaCode: number }
  | { readonly kind: "limited" }
  /** `reason` is a status or a code of the network. */
  | { readonly kind: "unavailable"; readonly reason: string };

/**
 * Codes of a limit. 4, 17, 32 and 613 are those of the platform; 80007 and 80008 those of a WhatsApp Business account,
 * 130429 that of Cloud API.
 *
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
const limits: ReadonlyMap<number, GraphRead<never>["pauses"]> = new Map([
  [4, "app"],
  [17, "account"],
  [32, "account"],
  [613, "app"],
  [80_007, "account"],
  [80_008, "account"],
  [130_429, "account"],
]);

/** The pause after a limit whose end Meta does not name, ms. Its limits count the calls of an hour. */
const limitedMs = 300_000;

/**
 * Reads Meta's error, by its codes and never by its texts.
 *
 * - 190 is a token that Meta does not accept, its subcode 463 one that has expired.
 * - 3, 10 and 200 to 299 are missing permissions.
 * - 100 with subcode 33 is "Object does not exist, cannot be loaded due to missing permissions, or does not support this
 *   operation": seen in public code and reports, not in Meta's list of codes.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 * @see https://developers.facebook.com/docs/facebook-login/access-tokens/debugging-and-error-handling
 */
export const graphRefusal = (
  status: number,
  { code, subcode, isTransient }: MetaError,
  pauseMs: number,
): GraphRead<never> => {
  const limited = limits.get(code) ?? (status === 429 ? "app" : undefined);
  if (limited !== undefined)
    return { kind: "limited", pauseMs: Math.max(pauseMs, pauseMs === 0 ? limitedMs : 0), pauses: limited };
  const calm = { pauseMs, pauses: "app" } as const;
  if (isTransient || status >= 500 || code === 1 || code === 2)
    return { kind: "unavailable", reason: `HTTP ${status}, code ${code}`, ...calm };
  if (code === 190) return { kind: "token_refused", isExpired: subcode === 463, ...calm };
  if (code === 3 || code === 10 || (code >= 200 && code < 300))
    return { kind: "denied", metaCode: code, ...calm };
  if (code === 100 && subcode === 33) return { kind: "missing", ...calm };
  return { kind: "refused", metaCode: code, ...calm };
};
