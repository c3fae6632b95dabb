import { z } from "zod";
import { type ProblemStatus, problemType } from "../../http/problem.ts";
import { problemSchema } from "./problem-schema.ts";

/** A header of an answer, as the OpenAPI document describes it. */
interface AnswerHeader {
  readonly type: "string" | "integer";
  readonly description: string;
  readonly enum?: readonly string[];
  readonly examples: readonly (string | number)[];
}

/** Documents a route's answer with a body, and serializes it. */
export const answer = <T extends z.ZodType>(
  schema: T,
  description: string,
  headers: Readonly<Record<string, AnswerHeader>> = {},
) => ({ description, headers, content: { "application/json": { schema } } });

const isText = (type: string): boolean => type.startsWith("text/") || type.endsWith("json");

/** Documents a route's streamed text or file; it does not affect the route's types. */
export const textAnswer = (
  description: string,
  types: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, AnswerHeader>> = {},
): object => ({
  description,
  headers,
  content: Object.fromEntries(
    Object.entries(types).map(([type, what]) => [
      type,
      { schema: z.string().meta({ description: what, ...(!isText(type) && { format: "binary" }) }) },
    ]),
  ),
});

const problemDescriptions = {
  400: "The request cannot be read: `invalid_json`, `bad_request`.",
  401: "No API key or session, an unknown key, or a session that has ended: `unauthenticated`.",
  403: "The key lacks the scope of this route, or the named workspace is none of the key's: `forbidden`. In a session: it comes from a page of another site, or lacks `Perch-Console` or `Origin`, `cross_site`. Without keys: it names no loopback host, `host_not_allowed`, or comes from a page of another site, `cross_site`.",
  404: "It does not exist, or not any more.",
  405: "The route has other methods.",
  408: "The request did not arrive in time: `bad_request`, `upload_too_slow`.",
  409: "Not in this state: `wrong_state`; or `idempotency_key_in_use`.",
  413: "The body is too large: `too_large`.",
  414: "The address is too long.",
  415: "The content type is none of those named here: `unsupported_media_type`.",
  422: "The body, query, path or header breaks its schema; `errors` names everything that is wrong.",
  429: "More requests than API_REQUESTS_PER_SECOND: `too_many_requests`; or too many open ones: `too_many_open_requests`, `too_many_uploads`.",
  431: "The headers are too large.",
  500: "A bug in Perch: `internal`. The log has the request id.",
  502: "Bird refused; the code and the detail say why.",
  503: "Redis, Bird or Meta is unavailable: send the request again after `Retry-After` seconds.",
} as const satisfies Record<ProblemStatus, string>;

const retryAfter = {
  "Retry-After": {
    type: "integer",
    description: "When to send the request again, seconds.",
    examples: [1],
  },
} as const;

const headersOf: Partial<Record<ProblemStatus, Readonly<Record<string, AnswerHeader>>>> = {
  401: {
    "WWW-Authenticate": {
      type: "string",
      description: "How to authenticate: RFC 6750.",
      examples: ['Bearer realm="perch"'],
    },
  },
  429: retryAfter,
  503: retryAfter,
};

const problemAnswer = (status: ProblemStatus, description: string = problemDescriptions[status]) => ({
  description,
  headers: headersOf[status],
  content: { [problemType]: { schema: problemSchema } },
});

/** Documents the problems a route may answer. Problems bypass serialization, so they do not affect the route's types. */
export const problems = (...statuses: readonly ProblemStatus[]): object =>
  Object.fromEntries(statuses.map((status) => [status, problemAnswer(status)]));

/** Documents the problems that any route without a key may answer. */
export const openProblems: object = {
  403: problemAnswer(403, "Without API_KEYS: the request names no loopback host, `host_not_allowed`."),
  500: problemAnswer(500),
};
