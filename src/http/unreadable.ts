import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type Problem, problemBody, problemType } from "./problem.ts";

/** Why a request could not be read as HTTP. */
type UnreadableCode = "bad_request" | "headers_too_large" | "too_slow";

const problems = {
  bad_request: { status: 400, code: "bad_request", detail: "This is no HTTP request that can be read." },
  headers_too_large: {
    status: 431,
    code: "bad_request",
    detail: "The headers of the request are too large: send 16 KiB at most.",
  },
  too_slow: {
    status: 408,
    code: "bad_request",
    detail: "The request did not arrive in time: send it again.",
  },
} as const satisfies Record<UnreadableCode, Problem>;

const codes = new Map<unknown, UnreadableCode>([
  ["HPE_HEADER_OVERFLOW", "headers_too_large"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "too_slow"],
]);

/**
 * Answers a connection whose bytes do not parse as HTTP with a problem.
 *
 * @param refused Called after each such answer.
 */
export const answerUnreadable =
  (refused: (code: UnreadableCode) => void = () => undefined) =>
  (error: Error, socket: Socket): void => {
    const cause = "code" in error ? error.code : undefined;
    if (cause === "ECONNRESET" || socket.destroyed || !socket.writable) return;
    const code = codes.get(cause) ?? "bad_request";
    socket.end(rawAnswer(problems[code]));
    refused(code);
  };

const rawAnswer = (problem: Problem): string => {
  const body = problemBody(problem, undefined);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
};
