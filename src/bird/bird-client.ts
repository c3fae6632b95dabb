import { RequestError, type Response } from "got";
import { createAgents } from "../http/agents.ts";
import { createAnswerLimit } from "../http/answer-limit.ts";
import { retryAfterMs } from "../http/retry-after-ms.ts";
import { createSendOnce } from "../http/send-once.ts";
import type { BirdWords } from "../install/errors/install-error.ts";
import { jsonOrUndefined } from "../install/values/lenient.ts";
import { birdWordsOf, secretsIn } from "./bird-words.ts";
import { createSendGuard } from "./send-guard.ts";

/** The outcome of one HTTP exchange with Bird, by what it proves. */
export type BirdAnswer =
  | ({
      readonly kind: "answered";
      readonly status: number;
      /** The parsed JSON body; undefined when it was empty or something else, such as a gateway's HTML. */
      readonly body: unknown;
      /** From `Retry-After`, in either of its two forms (RFC 9110 section 10.2.3). */
      readonly retryAfterMs: number | undefined;
    } & BirdWords)
  /** No byte of the request left: repeating it is safe. */
  | { readonly kind: "not_sent"; readonly reason: string }
  /** `maySend` returned false; no byte left. */
  | { readonly kind: "withheld"; readonly reason: string }
  /** The request may have been carried out, but no answer arrived. */
  | { readonly kind: "unanswered"; readonly reason: string };

export interface BirdRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path under the base URL, with its parts already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>> | undefined;
  readonly json?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Called once the connection is established, right before the first byte leaves. */
  readonly maySend?: (() => boolean) | undefined;
}

export interface BirdClient {
  /**
   * Sends one request once; repeats it only when Bird refused its key and a new key is stored. Never throws for what
   * Bird or the network does.
   */
  send(request: BirdRequest): Promise<BirdAnswer>;
  /** Closes the idle connections. */
  close(): void;
}

/** Access keys by workspace, which a request's path names. */
interface AccessKeySource {
  /** Returns the key; undefined when there is one that cannot be opened, so nothing may be sent. */
  get(workspaceId: string | undefined): Promise<string | undefined>;
  /** Reads the key again, for one that Bird refused and that may have been replaced meanwhile. */
  refresh(workspaceId: string | undefined): Promise<string | undefined>;
}

/** The largest answer that is read: a page of connectors has some 200 KiB. */
const answerBytesMax = 4 * 1024 * 1024;

/**
 * Bird's HTTP API. The queue owns retries, so got makes none. Redirects are not followed, because they may
 * change a POST's method. Bodies are neither logged nor kept in errors: they hold tokens.
 *
 * @see https://docs.bird.com/api/api-access/common-api-usage
 */
export const createBirdClient = (deps: {
  readonly baseUrl: string;
  /** One key for all workspaces, or a source of each workspace's key. */
  readonly accessKey: string | AccessKeySource;
  readonly requestTimeoutMs: number;
  readonly now?: () => number;
}): BirdClient => {
  const now = deps.now ?? Date.now;
  const agent = createAgents({ keepAlive: true, maxSockets: 256 });
  const base = deps.baseUrl.replace(/\/+$/, "");
  const send = createSendOnce({
    agent,
    requestTimeoutMs: deps.requestTimeoutMs,
    headers: { accept: "application/json", "user-agent": "perch" },
  });
  const exchange = async (request: BirdRequest, accessKey: string): Promise<BirdAnswer> => {
    const guard = request.maySend === undefined ? undefined : createSendGuard(request.maySend);
    const limit = createAnswerLimit(answerBytesMax);
    try {
      const sending = send(`${base}${request.path}`, {
        ...gotOptions(request),
        headers: { authorization: `AccessKey ${accessKey}` },
        ...(guard !== undefined && { request: guard.request }),
      });
      const response = await limit.watch(sending);
      // Perch requests no compression, so a compressed body cannot be read.
      if ((response.headers["content-encoding"] ?? "identity") !== "identity")
        return { kind: "unanswered", reason: "ERR_CONTENT_ENCODING" };
      return answered(response, now(), [accessKey, ...secretsIn(request.json)]);
    } catch (error) {
      if (limit.isExceeded()) return { kind: "unanswered", reason: "ERR_ANSWER_TOO_LARGE" };
      return guard?.hasRefused() === true
        ? { kind: "withheld", reason: "the lock may be lost" }
        : unanswered(error, base);
    }
  };
  const { accessKey } = deps;
  return {
    send: async (request) => {
      if (typeof accessKey === "string") return exchange(request, accessKey);
      const workspaceId = workspaceIn(request.path);
      const known = await accessKey.get(workspaceId);
      if (known === undefined) return { kind: "not_sent", reason: "the access key cannot be opened" };
      const answer = await exchange(request, known);
      if (!isKeyRefused(answer)) return answer;
      // The answer is definite, whether or not the key can be read again.
      const other = await accessKey.refresh(workspaceId).catch(() => undefined);
      return other === undefined || other === known ? answer : exchange(request, other);
    },
    close: () => {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
};

/** The workspace whose path it is, as Bird's paths have it. */
const workspaceIn = (path: string): string | undefined => /\/workspaces\/([^/]+)/.exec(path)?.[1];

/** Whether an answer proves that Bird did nothing because of the key. */
const isKeyRefused = (answer: BirdAnswer): boolean =>
  answer.kind === "answered" && (answer.status === 401 || answer.status === 403);

const answered = (
  { statusCode, headers, body: text }: Response<string>,
  nowMs: number,
  secrets: readonly string[],
): BirdAnswer => {
  const body = jsonOrUndefined(text);
  return {
    kind: "answered",
    status: statusCode,
    body,
    ...(statusCode < 400 ? { birdCode: undefined } : birdWordsOf(body, headers, secrets)),
    retryAfterMs: retryAfterMs(headers["retry-after"], nowMs),
  };
};

const unanswered = (error: unknown, base: string): BirdAnswer => {
  if (!(error instanceof RequestError)) throw error;
  return { kind: isProvablyUnsent(error, base) ? "not_sent" : "unanswered", reason: error.code };
};

const gotOptions = ({ method, query, json, signal }: BirdRequest) => ({
  method,
  ...(signal !== undefined && { signal }),
  ...(query !== undefined && { searchParams: { ...query } }),
  ...(json !== undefined && { json }),
});

/** Node refuses to make such a request: a header or the address has a character that neither may have. */
const unsendable: ReadonlySet<string> = new Set([
  ...["ERR_INVALID_CHAR", "ERR_HTTP_INVALID_HEADER_VALUE", "ERR_INVALID_HTTP_TOKEN"],
  ...["ERR_UNESCAPED_CHARACTERS", "ERR_INVALID_URL"],
]);

/**
 * Whether the connection (for https: its TLS handshake) was never established, so that no byte of the
 * request can have left. On a reused connection these phases are set at once, which errs on the safe side.
 */
const isProvablyUnsent = (error: RequestError, base: string): boolean => {
  if (unsendable.has(error.code)) return true;
  const phases = error.timings;
  if (phases === undefined) return false;
  return (base.startsWith("https:") ? phases.secureConnect : phases.connect) === undefined;
};
