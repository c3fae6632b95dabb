import { RequestError, type Response } from "got";
import { z } from "zod";
import { createAgents } from "../http/agents.ts";
import { createAnswerLimit } from "../http/answer-limit.ts";
import { createSendOnce } from "../http/send-once.ts";
import { jsonOrUndefined } from "../install/values/lenient.ts";
import {
  type MetaPhone,
  type MetaToken,
  phoneFields,
  phonePageSchema,
  phoneSchema,
  tokenSchema,
} from "./graph-objects.ts";
import { type GraphRead, graphRefusal } from "./graph-read.ts";
import { readMetaError } from "./meta-error.ts";
import type { MetaExchange, MetaOutcome, ObserveMeta } from "./observe-meta.ts";
import { askedPause } from "./usage.ts";

/** The phone numbers of an account, as far as they were read. */
export interface PhoneList {
  readonly phones: readonly MetaPhone[];
  /** Whether these are all. */
  readonly isWhole: boolean;
}

/** Reads at Meta's Graph API. Nothing here changes anything at Meta, and nothing throws for what Meta or the network does. */
export interface Graph {
  /** What Meta says of a token, asked as the app; undefined without the app's secret. */
  readonly inspectToken:
    | ((token: string, options?: ReadOptions) => Promise<GraphRead<MetaToken>>)
    | undefined;
  /** A phone number, asked with a token that may see it. */
  readonly phoneNumber: (
    asked: { readonly phoneId: string; readonly token: string },
    options?: ReadOptions,
  ) => Promise<GraphRead<MetaPhone>>;
  /** The phone numbers of a WhatsApp Business account, asked with a token that may see it. */
  readonly phoneNumbersOf: (
    asked: { readonly wabaId: string; readonly token: string },
    options?: ReadOptions,
  ) => Promise<GraphRead<PhoneList>>;
  /** Aborts requests in flight. */
  readonly close: () => void;
}

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called before every request: reads of several pages ask again. */
  readonly onRequest?: (() => Promise<void>) | undefined;
}

/** The largest answer that is read, bytes. */
const answerBytesMax = 1024 * 1024;
/** Numbers on a page, and pages that are read at most. */
const pageSize = 100;
const pagesMax = 10;

const idSchema = z.string().regex(/^\d{1,64}$/);

/**
 * Reads at Meta's Graph API. Repeats nothing and follows no redirects; passes on neither bodies nor got's errors, because
 * they may hold tokens. The token that asks is sent as `Authorization: Bearer`. The token that `debug_token` inspects can
 * only be a parameter of the address: Meta documents no other way.
 *
 * @param deps.graphUrl With the version: `https://graph.facebook.com/v23.0`.
 * @see https://developers.facebook.com/docs/graph-api/overview
 */
export const createGraph = (deps: {
  readonly graphUrl: string;
  /** The app and its secret, which together are an app access token. */
  readonly app?: { readonly appId: string; readonly appSecret: string } | undefined;
  readonly requestTimeoutMs: number;
  readonly observe?: ObserveMeta | undefined;
  readonly now?: () => number;
}): Graph => {
  const { now = Date.now, app } = deps;
  const agent = createAgents({ keepAlive: true, maxSockets: 16 });
  const baseUrl = deps.graphUrl.replace(/\/+$/, "");
  const get = createSendOnce({
    agent,
    requestTimeoutMs: deps.requestTimeoutMs,
    headers: { accept: "application/json", "user-agent": "perch" },
  });

  const read = async <T extends z.ZodType>(
    path: string,
    asked: {
      readonly operation: MetaExchange["operation"];
      readonly token: string;
      readonly query: Readonly<Record<string, string | number>>;
      readonly schema: T;
    },
    { signal, onRequest }: ReadOptions = {},
  ): Promise<GraphRead<z.output<T>>> => {
    await onRequest?.();
    const limit = createAnswerLimit(answerBytesMax);
    const startMs = performance.now();
    const observe = (outcome: MetaOutcome): void =>
      deps.observe?.({ operation: asked.operation, outcome, elapsedMs: performance.now() - startMs });
    try {
      const sending = get(`${baseUrl}/${path}`, {
        searchParams: asked.query,
        headers: { authorization: `Bearer ${asked.token}` },
        ...(signal !== undefined && { signal }),
      });
      const answer = await limit.watch(sending);
      const result = answered(answer, asked.schema, now());
      observe(outcomeOf(result.kind, answer));
      return result;
    } catch (error) {
      observe("error");
      if (limit.isExceeded()) return away("an answer that is too large");
      return away(error instanceof RequestError ? error.code : "an unknown fault");
    }
  };

  const list = async (
    { wabaId, token }: { readonly wabaId: string; readonly token: string },
    options?: ReadOptions,
  ): Promise<GraphRead<PhoneList>> => {
    const path = `${idSchema.parse(wabaId)}/phone_numbers`;
    const phones: MetaPhone[] = [];
    let after: string | undefined;
    for (let page = 1; ; page += 1) {
      const query = { fields: phoneFields, limit: pageSize, ...(after !== undefined && { after }) };
      const answer = await read(
        path,
        { operation: "list_phone_numbers", token, query, schema: phonePageSchema } as const,
        options,
      );
      if (answer.kind !== "found") return answer;
      const { data, paging } = answer.value;
      phones.push(...data);
      const isWhole = paging?.next === undefined;
      after = paging?.cursors?.after;
      // A list that does not go on is not known to its end; neither is one that Meta asks not to be read further.
      const isOver = isWhole || data.length === 0 || after === undefined || page === pagesMax;
      if (isOver || answer.pauseMs > 0) return { ...answer, value: { phones, isWhole } };
    }
  };

  return {
    inspectToken:
      app === undefined
        ? undefined
        : async (token, options) => {
            const appToken = `${app.appId}|${app.appSecret}`;
            const asked = { token: appToken, query: { input_token: token }, schema: tokenSchema };
            const answer = await read("debug_token", { operation: "debug_token", ...asked }, options);
            return answer.kind === "found" ? { ...answer, value: answer.value.data } : answer;
          },
    phoneNumber: ({ phoneId, token }, options) =>
      read(
        idSchema.parse(phoneId),
        { operation: "get_phone_number", token, query: { fields: phoneFields }, schema: phoneSchema },
        options,
      ),
    phoneNumbersOf: list,
    close: () => {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
};

const away = (reason: string): GraphRead<never> => ({
  kind: "unavailable",
  reason,
  pauseMs: 0,
  pauses: "app",
});

const outcomeOf = (kind: GraphRead<unknown>["kind"], { statusCode, body }: Response<string>): MetaOutcome => {
  if (kind === "found") return "ok";
  if (kind === "limited") return "retryable";
  if (kind !== "unavailable") return "refused";
  return statusCode >= 500 || readMetaError(jsonOrUndefined(body)) !== undefined ? "retryable" : "error";
};

const answered = <T extends z.ZodType>(
  { statusCode, body: text, headers }: Response<string>,
  schema: T,
  nowMs: number,
): GraphRead<z.output<T>> => {
  const body = jsonOrUndefined(text);
  const pause = askedPause(headers, nowMs);
  if (statusCode >= 200 && statusCode < 300) {
    const parsed = schema.safeParse(body);
    return parsed.success
      ? { kind: "found", value: parsed.data, ...pause }
      : { kind: "unavailable", reason: `HTTP ${statusCode} without what was asked for`, ...pause };
  }
  const error = readMetaError(body);
  if (error !== undefined) return graphRefusal(statusCode, error, pause.pauseMs);
  if (statusCode === 429)
    return graphRefusal(429, { code: 4, subcode: undefined, isTransient: false }, pause.pauseMs);
  return { kind: "unavailable", reason: `HTTP ${statusCode}`, ...pause };
};
