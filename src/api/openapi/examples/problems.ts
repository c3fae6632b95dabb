import { foreignDetails } from "../../../http/guard-local.ts";
import { type Problem, type ProblemCode, type ProblemStatus, problemBody } from "../../../http/problem.ts";
import { exampleIds } from "./ids.ts";

const { installId } = exampleIds;

const problem = (
  status: ProblemStatus,
  code: ProblemCode,
  detail: string,
  more: Pick<Problem, "errors" | "reason"> = {},
): unknown =>
  JSON.parse(problemBody({ status, code, detail, ...more }, "f5392026-0d41-4175-b551-81d6e965485f"));

/** Of a route that needs no key. */
export const notLoopbackExample = problem(403, "host_not_allowed", foreignDetails.host_not_allowed);

/** A real problem for each status. */
export const problemExamples: Readonly<Record<string, unknown>> = {
  400: problem(400, "invalid_json", "The body is not JSON: check its commas, quotes and brackets."),
  401: problem(
    401,
    "unauthenticated",
    "Send an API key: Authorization: Bearer KEY. perch keys api makes one.",
  ),
  403: problem(403, "forbidden", "This needs a key with the scope admin; crm has write."),
  404: problem(
    404,
    "install_not_found",
    `There is no install ${installId}: check the id; ended installs are kept for RETENTION_MS.`,
  ),
  405: problem(405, "method_not_allowed", "The route has other methods: see the header Allow."),
  408: problem(
    408,
    "upload_too_slow",
    "Less than 1024 bytes of the file came within a minute: send the same file again, and it goes on.",
  ),
  409: problem(409, "wrong_state", "The install has ended already: it is completed."),
  413: problem(
    413,
    "too_large",
    "The body is too large: an install has at most 64 KiB, a retry of a batch 2 MiB, a file no limit.",
  ),
  414: problem(414, "bad_request", "The address is too long."),
  415: problem(
    415,
    "unsupported_media_type",
    "Send the body with its content-type: application/json, or for the file of a batch text/csv, application/x-ndjson or that of .xlsx.",
  ),
  422: problem(
    422,
    "invalid_request",
    "The body of the request breaks its schema: correct what errors names.",
    {
      errors: [
        { path: "/phoneNumber", message: "has 3 digits after +1 where numbers have 10" },
        { path: "/accessToken", message: "is missing: send it, or the signupCode of the embedded signup" },
      ],
    },
  ),
  429: problem(429, "too_many_requests", "This key may send 200 requests a second: come again in a second."),
  431: problem(431, "bad_request", "The headers are too large."),
  500: problem(500, "internal", "Perch failed in a way it does not know: the log has this request's id."),
  502: problem(
    502,
    "unauthorized",
    "Bird did not delete the connector: it refused the access key. Set a valid BIRD_ACCESS_KEY with a role.",
  ),
  503: problem(
    503,
    "unavailable",
    "Redis cannot be reached. Send the request again: a repeat creates nothing twice.",
    { reason: "unreachable" },
  ),
} satisfies Record<ProblemStatus, unknown>;
