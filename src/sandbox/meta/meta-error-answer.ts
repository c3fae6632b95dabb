import { randomBytes } from "node:crypto";
import type { Answer } from "../http/answer.ts";

/**
 * An error in Meta's shape.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
export const metaError = (status: number, message: string, code: number, subcode?: number): Answer => ({
  status,
  body: {
    error: {
      message,
      type: "OAuthException",
      code,
      ...(subcode !== undefined && { error_subcode: subcode }),
      fbtrace_id: `A${randomBytes(11).toString("hex")}`,
    },
  },
});

/** What Meta's error code is for the status of a scripted fault. */
export const metaFaultAnswer = (status: number): Answer => {
  const [message, code, subcode] = faults[status] ?? faultDefault;
  return metaError(status, message, code, subcode);
};

type Fault = readonly [message: string, code: number, subcode?: number];

const faultDefault: Fault = ["An unexpected error has occurred.", 2];

const faults: Readonly<Record<number, Fault>> = {
  400: ["Invalid parameter", 100],
  401: ["Error validating access token", 190],
  403: ["Permissions error", 200],
  404: ["Unsupported get request.", 100, 33],
  429: ["Application request limit reached", 4],
};
