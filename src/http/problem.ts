import type { FastifyReply } from "fastify";
import { z } from "zod";

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

/** The answer to a request that was not carried out: RFC 9457 problem details. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: "A URI reference that names the kind of problem." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: "What happened and what to do, in plain words." }),
    code: z.string().meta({ description: "Stable name of the problem: branch on it, never on a text." }),
    errors: z
      .array(
        z.object({
          path: z.string().meta({ description: 'JSON Pointer (RFC 6901) to the member, "" for the whole.' }),
          message: z.string(),
        }),
      )
      .optional()
      .meta({ description: "Everything that is wrong with the input, at once." }),
    reason: z.string().optional().meta({
      description: "With `unavailable`: what keeps Redis from it, `full` or `unreachable` for example.",
    }),
    batchId: z.string().optional().meta({ description: "The batch that holds what was read of a file." }),
    rows: z.int().optional().meta({ description: "How many rows of a file were read." }),
    requestId: z.string().optional().meta({ description: "The `request-id` header; it is in the log." }),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });

export interface Problem {
  readonly status: ProblemStatus;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[] | undefined;
  /** Why Redis refused: see `redis/errors.ts`. */
  readonly reason?: string | undefined;
  /** The batch that holds the rows read before the error, and their number. */
  readonly batchId?: string | undefined;
  readonly rows?: number | undefined;
  /** `Retry-After`, seconds. */
  readonly retryAfterSeconds?: number | undefined;
}

export const problemType = "application/problem+json";

/** The problem's JSON body. */
export const problemBody = (problem: Problem, requestId: string | undefined): string => {
  const { status, code, detail, errors, reason, batchId, rows } = problem;
  const type = `urn:perch:problem:${code}`;
  const title = titles[status];
  return JSON.stringify({ type, title, status, detail, code, errors, reason, batchId, rows, requestId });
};

/** Thrown to refuse a request; the answer is the problem. */
export class ProblemError extends Error {
  readonly code: string;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.code = problem.code;
    this.problem = problem;
  }
}

/** Answers with a problem. */
export const sendProblem = (reply: FastifyReply, problem: Problem): FastifyReply => {
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  reply.header("cache-control", "no-store");
  return reply.code(problem.status).type(problemType).send(problemBody(problem, reply.request.id));
};

export const isProblemStatus = (status: number): status is ProblemStatus => status in titles;
