import type { FastifyReply } from "fastify";

/** Statuses a problem is answered with, and their titles. */
const titles = {
  400: "Bad request",
  401: "Not authenticated",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  408: "Too slow",
  409: "Conflict",
  413: "Too large",
  414: "Address too long",
  415: "Unsupported media type",
  422: "Unprocessable request",
  429: "Too many requests",
  431: "Headers too large",
  500: "Internal error",
  502: "Bird refused",
  503: "Unavailable",
} as const;

export type ProblemStatus = keyof typeof titles;

export const isProblemStatus = (status: number): status is ProblemStatus => status in titles;

/** Every status a problem is answered with. */
export const problemStatuses: readonly ProblemStatus[] = Object.keys(titles)
  .map(Number)
  .filter(isProblemStatus);

/** Codes of the API's problems: a closed list. The webhook service's refusals have codes of their own. */
export const problemCodes = [
  "bad_request",
  "bird_unavailable",
  "connector_of_another_install",
  "cross_site",
  "forbidden",
  "host_not_allowed",
  "idempotency_key_in_use",
  "idempotency_key_reused",
  "install_not_found",
  "internal",
  "invalid_json",
  "invalid_request",
  "meta_unavailable",
  "method_not_allowed",
  "not_found",
  "number_mismatch",
  "rate_limited",
  "rejected_by_bird",
  "signup_code_refused",
  "too_few_shards",
  "too_large",
  "too_many_open_requests",
  "too_many_requests",
  "too_many_uploads",
  "unauthenticated",
  "unauthorized",
  "unavailable",
  "unsupported_media_type",
  "upload_too_slow",
  "wrong_state",
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** A request that was not carried out. */
export interface Problem<Code extends string = ProblemCode> {
  readonly status: ProblemStatus;
  readonly code: Code;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[] | undefined;
  /** Why Redis refused: see `redis/errors.ts`. */
  readonly reason?: string | undefined;
  /** The batch that holds the rows read before the error, and their number. */
  readonly batchId?: string | undefined;
  readonly rows?: number | undefined;
  /** What is known of a file that is refused. */
  readonly file?: object | undefined;
  /** `Retry-After`, seconds. */
  readonly retryAfterSeconds?: number | undefined;
}

export const problemType = "application/problem+json";

/** The JSON body of the answer: RFC 9457 problem details. */
export const problemBody = (problem: Problem<string>, requestId: string | undefined): string => {
  const { status, code, detail, errors, reason, batchId, rows, file } = problem;
  const type = `urn:perch:problem:${code}`;
  const title = titles[status];
  return JSON.stringify({
    type,
    title,
    status,
    detail,
    code,
    errors,
    reason,
    batchId,
    rows,
    file,
    requestId,
  });
};

/** Thrown to refuse a request; the answer is the problem. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.code = problem.code;
    this.problem = problem;
  }
}

/** Answers with a problem. */
export const sendProblem = (reply: FastifyReply, problem: Problem<string>): FastifyReply => {
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  reply.header("cache-control", "no-store");
  return reply.code(problem.status).type(problemType).send(problemBody(problem, reply.request.id));
};
