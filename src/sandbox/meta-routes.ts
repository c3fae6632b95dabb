import type { FastifyInstance } from "fastify";
import type { MetaExchange } from "./meta-exchange.ts";
import { sendAnswer } from "./send-answer.ts";

/** Where the sandbox plays Meta's Graph API, after its own address. Any other version does too. */
export const metaGraphPath = "/meta/v23.0";

/**
 * Meta's route for the code of an embedded signup. Bird's access key is not asked for.
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
