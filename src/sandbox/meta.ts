import { hash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type Answer, sendAnswer } from "./http/answer.ts";
import { metaError } from "./meta/meta-error-answer.ts";

/** The path of the simulated Graph API of Meta. Any other version works too. */
export const metaGraphPath = "/meta/v23.0";

/**
 * Meta's route for the code of an embedded signup. It needs no access key of Bird.
 *
 * @see https://developers.facebook.com/docs/whatsapp/embedded-signup/onboarding-customers-as-a-tech-provider
 */
export const addMetaRoutes = (
  app: FastifyInstance,
  { exchange }: { readonly exchange: MetaExchange["exchange"] },
): void => {
  app.get(
    "/meta/:version(^v\\d+\\.\\d+$)/oauth/access_token",
    { config: { operation: "exchangeCode" } },
    (request, reply) => sendAnswer(reply, exchange(request.query)),
  );
};

/** The app whose codes are exchanged. */
export interface MetaApp {
  readonly appId: string;
  readonly appSecret: string;
}

/** Meta's exchange of a code for a token, simulated. */
interface MetaExchange {
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
 * Accepts any code once and returns the token of {@link metaTokenOf}. Two codes are scripted: `expired` is always too old,
 * and `unavailable` is answered with an error of Meta.
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

/** The access token that the simulated Meta returns for a code: deterministic, so that a test can compute it. */
export const metaTokenOf = (code: string): string => `EAASANDBOX${hash("sha256", `token of ${code}`)}`;
