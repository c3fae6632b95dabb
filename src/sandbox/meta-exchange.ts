import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Answer } from "./answer.ts";
import { metaTokenOf } from "./meta-token.ts";

/** The app whose codes are exchanged. */
export interface MetaApp {
  readonly appId: string;
  readonly appSecret: string;
}

/** Meta's exchange of a code for a token, played. */
export interface MetaExchange {
  readonly exchange: (query: unknown) => Answer;
  /** Every code may be exchanged again. */
  readonly clear: () => void;
}

const querySchema = z.object({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  code: z.string().optional(),
});

/**
 * Takes any code once and gives the token that {@link metaTokenOf} says. Two codes are scripted: `expired` was
 * always made too long ago, and at `unavailable` Meta has a fault.
 *
 * Meta's codes for these cases are seen in public code and reports, not promised.
 */
export const createMetaExchange = ({ appId, appSecret }: MetaApp): MetaExchange => {
  const used = new Set<string>();
  return {
    exchange: (query) => {
      const parsed = querySchema.safeParse(query);
      const { client_id: id, client_secret: secret, code } = parsed.data ?? {};
      if (id !== appId) return metaError(400, "Error validating application. Invalid application ID.", 101);
      if (secret !== appSecret) return metaError(400, "Error validating client secret.", 1);
      if (code === undefined || code === "") return metaError(400, "Invalid verification code format.", 100);
      if (code === "unavailable") return metaError(503, "Service temporarily unavailable", 2);
      if (code === "expired") return metaError(400, "This authorization code has expired.", 100, 36_007);
      if (used.has(code)) return metaError(400, "This authorization code has been used.", 100, 36_009);
      used.add(code);
      return { status: 200, body: { access_token: metaTokenOf(code), token_type: "bearer" } };
    },
    clear: () => used.clear(),
  };
};

/** @see https://developers.facebook.com/docs/graph-api/guides/error-handling */
const metaError = (status: number, message: string, code: number, subcode?: number): Answer => ({
  status,
  body: {
    error: {
      message,
      type: "OAuthException",
      code,
      ...(subcode !== undefined && { error_subcode: subcode }),
      fbtrace_id: `A${randomBytes(11).toString("hex")}`,
    },
  },
});
