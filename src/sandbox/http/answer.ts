import type { FastifyReply } from "fastify";
import type { z } from "zod";

/** The answer to a call, before a fault alters it. */
export interface Answer {
  readonly status: number;
  /** Sent as JSON; left out, the answer has no body. */
  readonly body?: unknown;
  /** Sent in place of `body`. */
  readonly html?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** Sent besides. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The answer is written only after this has settled. */
  readonly ready?: Promise<void> | undefined;
}

/**
 * An error in Bird's shape. The body is documented, of the codes only `ResourceNotFound` is: branch on the status.
 *
 * @see https://docs.bird.com/api/conversations-api
 */
export const errorAnswer = (status: number, details?: Readonly<Record<string, unknown>>): Answer => {
  const [code, message] = errors[status] ?? otherError;
  return { status, body: { code, message, ...(details !== undefined && { details }) } };
};

/** The 422 to a body or query that breaks its schema: every problem under the dotted path of its member. */
export const invalidAnswer = (issues: readonly z.core.$ZodIssue[]): Answer => {
  const details: Record<string, string[]> = {};
  const add = (path: readonly PropertyKey[], message: string): void => {
    const name = path.map(String).join(".") || "body";
    details[name] = [...(details[name] ?? []), message];
  };
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys")
      for (const key of issue.keys) add([...issue.path, key], "is not allowed");
    else add(issue.path, issue.message);
  }
  return errorAnswer(422, details);
};

/** Short messages for invalid members of a body; pass it to `parse` as `error`. */
export const bodyError: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return "is required";
  if (issue.code === "invalid_type")
    return `must be ${issue.expected === "string" ? "text" : issue.expected}`;
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  return undefined;
};

const errors: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ["BadRequest", "The request could not be read"],
  401: ["Unauthorized", "The access key is missing or not valid"],
  403: ["AccessDenied", "The access key has no policy that allows this action on this resource"],
  404: ["ResourceNotFound", "The requested resource does not exist"],
  409: ["Conflict", "connector already exists"],
  413: ["PayloadTooLarge", "The request body is too large"],
  415: ["UnsupportedMediaType", "The request body must be JSON"],
  422: ["InvalidPayload", "invalid data provided"],
  429: ["TooManyRequests", "Too Many Requests"],
  500: ["InternalServerError", "Something went wrong"],
};

const otherError = ["BadRequest", "The request was refused"] as const;

/** Writes an answer. */
export const sendAnswer = (
  reply: FastifyReply,
  { status, body, html, retryAfterSeconds, headers = {} }: Answer,
): void => {
  reply.code(status).headers(headers);
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  if (html === undefined) reply.send(body);
  else reply.type("text/html").send(html);
};

/** Meta's reads that the sandbox simulates. */
export const metaReads = ["debugToken", "getPhoneNumber", "listPhoneNumbers"] as const;

/** What the sandbox simulates of Bird and of Meta, under the names that fault rules and reports use. */
export const operations = [
  "create",
  "listConnectors",
  "getConnector",
  "deleteConnector",
  "connectorStatus",
  "listChannels",
  "getChannel",
  "sendMessage",
  "createSubscription",
  "listSubscriptions",
  "getSubscription",
  "deleteSubscription",
  ...metaReads,
] as const;

export type Operation = (typeof operations)[number];

/** What reports count: the operations; and Meta's exchange of a code and its signup window, which no fault rule strikes. */
export type CountedOperation = Operation | "exchangeCode" | "signupWindow";
