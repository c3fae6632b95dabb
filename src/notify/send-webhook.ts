import { lookup } from "node:dns";
import { once } from "node:events";
import { isIP, type LookupFunction } from "node:net";
import { type Request, RequestError } from "got";
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from "request-filtering-agent";
import { createSendOnce } from "../http/send-once.ts";
import { isPublicAddress, PrivateAddressError, publicLookup } from "./public-address.ts";

/** The outcome of one request to a receiver, by what it proves. */
export type WebhookAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | undefined }
  /** The address is not allowed: no byte left. */
  | { readonly kind: "forbidden" }
  /** No answer, or none that can be read. `code` is Node's, such as ECONNREFUSED or ETIMEDOUT. */
  | { readonly kind: "unanswered"; readonly code: string }
  /** Aborted, because the process stops. */
  | { readonly kind: "cut_off" };

export interface WebhookRequest {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** How much of a receiver's answer is read, so that it can finish writing; nothing is kept. */
const answerBytesMax = 4096;

/**
 * Posts to URLs that customers name.
 *
 * Unless private addresses are allowed, every address a name resolves to is checked when the connection is made, by Perch's
 * and the agent's rules, so that no name leads to an internal address, even if it resolves differently between check and
 * connection. For the same reason each request has its own connection. Redirects are not followed: the target could be any
 * address, and the specification counts them as a failure.
 *
 * @see https://github.com/azu/request-filtering-agent
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export const createSendWebhook = (deps: {
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** Resolves names; default the system's. */
  readonly lookup?: LookupFunction | undefined;
}) => {
  const { allowPrivate, lookup: resolve = lookup } = deps;
  const agentOptions = {
    keepAlive: false,
    allowPrivateIPAddress: allowPrivate,
    lookup: allowPrivate ? resolve : publicLookup(resolve),
  };
  const client = createSendOnce({
    agent: {
      http: new RequestFilteringHttpAgent(agentOptions),
      https: new RequestFilteringHttpsAgent(agentOptions),
    },
    requestTimeoutMs: deps.timeoutMs,
    headers: { "user-agent": deps.userAgent, "content-type": "application/json" },
  });

  return async ({ url, body, headers, signal }: WebhookRequest): Promise<WebhookAnswer> => {
    if (!allowPrivate && !isPublicHttps(url)) return { kind: "forbidden" };
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return { kind: "forbidden" };
    const stream = client.stream.post(url, { body, headers: { ...headers }, ...(signal && { signal }) });
    // Errors after the status is known are ignored.
    stream.on("error", () => undefined);
    try {
      await once(stream, "response");
      const { response } = stream;
      if (response === undefined) return { kind: "unanswered", code: "no_response" };
      await drain(stream);
      return { kind: "answered", status: response.statusCode, retryAfter: response.headers["retry-after"] };
    } catch (error) {
      if (signal?.aborted === true) return { kind: "cut_off" };
      return unanswered(error);
    } finally {
      stream.destroy();
    }
  };
};

/** Whether a URL is https to a name, which is checked once it is resolved, or to a public address. */
const isPublicHttps = (text: string): boolean => {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:") return false;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 || isPublicAddress(host);
};

/** Reads a little of the answer and discards the rest. */
const drain = async (stream: Request): Promise<void> => {
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += Buffer.byteLength(chunk);
      if (bytes > answerBytesMax) return;
    }
  } catch {
    // The receiver has answered; errors in the rest of the answer do not matter.
  }
};

const unanswered = (error: unknown): WebhookAnswer => {
  if (!(error instanceof RequestError)) throw error;
  // The agent's own errors are the only ones without a code, for which got puts in its own.
  const isForbidden =
    error.cause instanceof PrivateAddressError ||
    (error.code === "ERR_GOT_REQUEST_ERROR" && /is not allowed\. Because/.test(error.message));
  return isForbidden ? { kind: "forbidden" } : { kind: "unanswered", code: error.code };
};
