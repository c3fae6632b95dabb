import { RequestError, type Response } from "got";
import { z } from "zod";
import { createAgents } from "../http/agents.ts";
import { createAnswerLimit } from "../http/answer-limit.ts";
import { createSendOnce } from "../http/send-once.ts";
import { jsonOrUndefined } from "../install/values/lenient.ts";
import { exchangeRefusal } from "./exchange-refusal.ts";
import type { ExchangeResult } from "./exchange-result.ts";
import { readMetaError } from "./meta-error.ts";
import type { MetaOutcome, ObserveMeta } from "./observe-meta.ts";

export type { ExchangeResult };

/** The part of Meta's Graph API that the embedded signup needs. */
export interface Meta {
  /**
   * Exchanges the code of an embedded signup for the customer's access token. A code works once and for about
   * 30 seconds, so call this at once and never a second time. Never throws for what Meta or the network does.
   */
  exchange(code: string): Promise<ExchangeResult>;
  /** Aborts requests in flight. */
  close(): void;
}

/** The largest answer that is read, bytes. */
const answerBytesMax = 256 * 1024;

const tokenSchema = z.object({ access_token: z.string().min(1) });

/**
 * Client of Meta's Graph API. Repeats nothing, because a code is used up by its first exchange; follows no redirects,
 * because the address holds the app's secret. Passes on neither bodies nor got's errors: they hold secrets.
 *
 * @param deps.graphUrl With the version: `https://graph.facebook.com/v23.0`.
 * @param deps.requestTimeoutMs Keep it below the 30 s a code lives.
 * @see https://developers.facebook.com/docs/whatsapp/embedded-signup/onboarding-customers-as-a-tech-provider
 */
export const createMeta = (deps: {
  readonly appId: string;
  readonly appSecret: string;
  readonly graphUrl: string;
  readonly requestTimeoutMs: number;
  readonly observe?: ObserveMeta | undefined;
}): Meta => {
  // A new connection for each exchange: a kept one may be closed during the single attempt.
  const agent = createAgents({ keepAlive: false });
  const url = `${deps.graphUrl.replace(/\/+$/, "")}/oauth/access_token`;
  const get = createSendOnce({
    agent,
    requestTimeoutMs: deps.requestTimeoutMs,
    headers: { accept: "application/json", "user-agent": "perch" },
  });
  return {
    exchange: async (code) => {
      const limit = createAnswerLimit(answerBytesMax);
      const startMs = performance.now();
      const observe = (outcome: MetaOutcome): void =>
        deps.observe?.({ operation: "exchange_code", outcome, elapsedMs: performance.now() - startMs });
      const searchParams = { client_id: deps.appId, client_secret: deps.appSecret, code };
      try {
        const answer = await limit.watch(get(url, { searchParams }));
        const result = exchanged(answer);
        observe(outcomeOf(result, answer));
        return result;
      } catch (error) {
        observe("error");
        if (limit.isExceeded()) return unanswered("an answer that is too large");
        return unanswered(error instanceof RequestError ? error.code : "an unknown fault");
      }
    },
    close: () => {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
};

const exchanged = ({ statusCode, body: text }: Response<string>): ExchangeResult => {
  const body = jsonOrUndefined(text);
  if (statusCode >= 200 && statusCode < 300) {
    const token = tokenSchema.safeParse(body);
    return token.success
      ? { kind: "token", accessToken: token.data.access_token }
      : unanswered(`HTTP ${statusCode} without a token`);
  }
  const error = readMetaError(body);
  return error === undefined ? unanswered(`HTTP ${statusCode}`) : exchangeRefusal(statusCode, error);
};

const outcomeOf = ({ kind }: ExchangeResult, { statusCode, body }: Response<string>): MetaOutcome => {
  if (kind !== "unavailable") return kind === "token" ? "ok" : "refused";
  return statusCode >= 500 || readMetaError(jsonOrUndefined(body)) !== undefined ? "retryable" : "error";
};

const unanswered = (reason: string): ExchangeResult => ({
  kind: "unavailable",
  message: `Meta gave no usable answer (${reason}), so the code may be used up: check META_GRAPH_URL and Meta's status page, then let the customer run the embedded signup again.`,
});
