import { BirdRefusedError } from "../../actions/bird-refused-error.ts";
import { isProblemStatus, type Problem, ProblemError } from "../../http/problem.ts";
import {
  BatchNotFoundError,
  BatchStateError,
  ConnectorOfAnotherInstallError,
  IdempotencyKeyReusedError,
  InstallNotFoundError,
  InstallStateError,
} from "../../install/errors/errors.ts";
import { InputError } from "../../install/errors/input-error.ts";
import { NumberMismatchError } from "../../install/number-mismatch.ts";
import { ImportFileError } from "../../producer/read/errors.ts";
import { IdempotencyKeyInUseError } from "../../queue/installs/idempotency.ts";
import { ShardsError } from "../../queue/keyspace/shards.ts";
import { ConnectLinkNotFoundError, ConnectLinkStateError } from "../../queue/links/links.ts";
import { NotificationNotFoundError, NotificationStateError } from "../../queue/outbox/notifications.ts";
import { RedisUnavailableError, redisFaultBehind } from "../../redis/errors.ts";

/** `Retry-After` while Bird is unavailable, seconds. */
const birdAwaySeconds = 30;
/** `Retry-After` while this process must be restarted with more shards: another process may answer. */
const behindSeconds = 10;

/** Maps an error to the problem of its answer; undefined for an unexpected error. */
export const problemOf = (error: unknown): Problem | undefined => {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof InputError) return inputProblem(error);
  if (error instanceof ImportFileError) return fileProblem(error);
  if (error instanceof NumberMismatchError)
    return { status: 409, code: error.code, detail: error.message, errors: error.issues };
  if (error instanceof IdempotencyKeyReusedError) return reusedProblem(error);
  if (error instanceof BirdRefusedError) return birdProblem(error);
  const fault = redisFaultBehind(error);
  if (fault !== undefined) return redisProblem(new RedisUnavailableError(fault));
  const known = plainProblems.find(([type]) => error instanceof type);
  if (known !== undefined && error instanceof known[0]) {
    return { code: error.code, detail: error.message, ...known[1] };
  }
  return serverProblem(error);
};

/** Errors whose code and message become the problem's. */
const plainProblems = [
  [InstallNotFoundError, { status: 404 }],
  [BatchNotFoundError, { status: 404 }],
  [NotificationNotFoundError, { status: 404 }],
  [ConnectLinkNotFoundError, { status: 404 }],
  [InstallStateError, { status: 409 }],
  [ConnectorOfAnotherInstallError, { status: 409 }],
  [BatchStateError, { status: 409 }],
  [NotificationStateError, { status: 409 }],
  [ConnectLinkStateError, { status: 409 }],
  [IdempotencyKeyInUseError, { status: 409, retryAfterSeconds: 1 }],
  [ShardsError, { status: 503, retryAfterSeconds: behindSeconds }],
] as const;

const inputProblem = (error: InputError): Problem => {
  const context = "validationContext" in error ? error.validationContext : "body";
  const part = requestParts.get(context) ?? "body";
  const detail = `The ${part} of the request breaks its schema: correct what errors names.`;
  return { status: 422, code: error.code, detail, errors: error.issues };
};

/** The problem of a file that is refused as a whole. */
const fileProblem = ({ message }: ImportFileError): Problem => ({
  status: 422,
  code: "invalid_request",
  detail: message,
  errors: [{ path: "", message }],
});

const requestParts = new Map<unknown, string>([
  ["params", "path"],
  ["querystring", "query"],
  ["headers", "header"],
]);

const reusedProblem = (error: IdempotencyKeyReusedError): Problem => ({
  status: 422,
  code: error.code,
  detail: error.message,
  errors: error.fields.map((field) => ({
    path: `/${field}`,
    message: "differs from the request that used the key first",
  })),
});

const redisProblem = ({ code, message, reason, fault }: RedisUnavailableError): Problem => ({
  status: 503,
  code,
  detail: message,
  reason,
  retryAfterSeconds: fault.retryAfterSeconds,
});

const birdProblem = ({ code, message, isUnavailable }: BirdRefusedError): Problem =>
  isUnavailable
    ? { status: 503, code, detail: message, retryAfterSeconds: birdAwaySeconds }
    : { status: 502, code, detail: message };

/** The problem of a request that fastify itself rejects. */
const serverProblem = (error: unknown): Problem | undefined => {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  if (typeof status !== "number" || status < 400 || status >= 500) return undefined;
  const known = serverProblems.get(status);
  if (known !== undefined && isProblemStatus(status)) return { status, ...known };
  return { status: 400, code: "bad_request", detail: "The request cannot be read: check its form." };
};

const serverProblems = new Map<number, Pick<Problem, "code" | "detail">>([
  [
    413,
    {
      code: "too_large",
      detail:
        "The body is too large: an install has at most 64 KiB, a retry of a batch 2 MiB, a file no limit.",
    },
  ],
  [
    415,
    {
      code: "unsupported_media_type",
      detail:
        "Send the body with its content-type: application/json, or for the file of a batch text/csv, application/x-ndjson or that of .xlsx.",
    },
  ],
]);
