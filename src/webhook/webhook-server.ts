import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "../log.ts";
import { checkSignature, type SignatureFault } from "./check-signature.ts";
import { sendProblem } from "./problem.ts";
import type { StoredEvent } from "./store-event.ts";
import { traceEvents } from "./trace-events.ts";
import { measureAnswers, noWebhookMetrics, type Refusal, type WebhookMetrics } from "./webhook-metrics.ts";
import type { WebhookTraces } from "./webhook-traces.ts";

/** Largest body taken, bytes. Bird's channel events are below 2 KiB. */
const bodyBytesMax = 256 * 1024;
/** When Bird should come again if Redis is away, seconds. */
const retryAfterSeconds = 10;

export interface WebhookDeps {
  readonly storeEvent: (body: Buffer, workspaceId: string | undefined) => Promise<StoredEvent>;
  readonly wake: (installId: string) => Promise<unknown>;
  readonly signingKeys: (workspaceId: string | undefined) => readonly string[];
  /** `WEBHOOK_PUBLIC_URL`, without a slash at the end; undefined: what the server itself was called by. */
  readonly publicUrl: () => string;
  readonly maxAgeMs: number;
  /** Resolves when Redis answers. */
  readonly ready: () => Promise<unknown>;
  readonly metrics?: WebhookMetrics | undefined;
  /** Undefined: nothing is traced. */
  readonly traces?: WebhookTraces | undefined;
  readonly log: Logger;
  readonly now?: () => number;
}

/**
 * The service Bird sends its events to. Builds, never listens.
 *
 * An event is stored durably before the 2xx; waking the install comes after, because a wake that is lost is
 * made up for by the sweep, while an answer that is late makes Bird repeat.
 */
export const buildWebhookServer = (deps: WebhookDeps): FastifyInstance => {
  const { log, metrics = noWebhookMetrics } = deps;
  const now = deps.now ?? Date.now;
  const refused = createRefusalLog(log);
  const server = fastify({
    bodyLimit: bodyBytesMax,
    logger: false,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 100 },
  });
  // The signature covers the bytes as sent, so nothing may parse them first (RFC 8785 is nobody's promise).
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );

  const receive = async (request: FastifyRequest, reply: FastifyReply, workspaceId: string | undefined) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const requestId = header(request, "messagebird-request-id");
    const fault = checkSignature(
      {
        signature: header(request, "messagebird-signature"),
        timestamp: header(request, "messagebird-request-timestamp"),
        url: deps.publicUrl() + request.url,
        body,
      },
      { keys: deps.signingKeys(workspaceId), maxAgeMs: deps.maxAgeMs, nowMs: now() },
    );
    if (fault !== undefined) {
      metrics.refused(fault);
      refused(requestId, fault, request.url);
      return sendProblem(reply, { status: 401, code: fault, ...signatureFaults[fault] });
    }
    const stored = await deps.storeEvent(body, workspaceId);
    metrics.eventStored(stored.result);
    logEvent(log, requestId, stored);
    traced?.stored(request, stored);
    reply.send({ received: true });
    if (stored.wake !== undefined) {
      await deps.wake(stored.wake).catch((error: unknown) => {
        const { wake: installId, connectorId, channelId } = stored;
        const reason = messageOf(error);
        log.warn(
          { installId, workspaceId, connectorId, channelId, reason },
          "could not wake; the sweep will",
        );
      });
    }
    return reply;
  };

  measureAnswers(server, metrics);
  const traced = deps.traces && traceEvents(server, deps.traces);
  server.post("/webhooks/bird", (request, reply) => receive(request, reply, undefined));
  server.post<{ Params: { workspaceId: string } }>("/webhooks/bird/:workspaceId", (request, reply) =>
    receive(request, reply, request.params.workspaceId.toLowerCase()),
  );
  server.get("/healthz", () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    await deps.ready();
    return reply.send({ status: "ok" });
  });
  server.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, {
      status: 404,
      code: "not_found",
      title: "Not found",
      detail: "Events go to /webhooks/bird.",
    }),
  );
  server.setErrorHandler((error, request, reply) => answerError(error, request, reply, { log, metrics }));
  return server;
};

const signatureFaults: Record<SignatureFault, { readonly title: string; readonly detail: string }> = {
  no_key: {
    title: "No signing key",
    detail: "Set WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS, so that events can be checked.",
  },
  no_signature: {
    title: "Not signed",
    detail: "The messagebird-signature or messagebird-request-timestamp header is missing or malformed.",
  },
  bad_signature: {
    title: "Wrong signature",
    detail: "Compare the signing key and WEBHOOK_PUBLIC_URL with the subscription, to the letter.",
  },
  too_old: {
    title: "Too old",
    detail: "The timestamp is outside WEBHOOK_MAX_AGE_MS: check this machine's clock.",
  },
};

/** What fastify itself refuses, by status; everything else is Redis being away. */
const clientFaults: Readonly<
  Record<number, { readonly code: Refusal; readonly title: string; readonly detail: string }>
> = {
  400: { code: "invalid_request", title: "Bad request", detail: "The request cannot be read." },
  413: { code: "too_large", title: "Too large", detail: "A webhook's body is at most 256 KiB." },
  415: { code: "unsupported_media_type", title: "Unsupported media type", detail: "Send application/json." },
};

const answerError = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { log, metrics }: { readonly log: Logger; readonly metrics: WebhookMetrics },
): FastifyReply => {
  const status = statusOf(error);
  const fault = clientFaults[status] ?? (status < 500 ? clientFaults[400] : undefined);
  if (request.method === "POST") metrics.refused(fault?.code ?? "unavailable");
  if (fault !== undefined) return sendProblem(reply, { status, ...fault });
  log.error(
    { url: request.url, reason: messageOf(error) },
    "Redis cannot take an event: Bird will send it again",
  );
  reply.header("retry-after", retryAfterSeconds);
  return sendProblem(reply, {
    status: 503,
    code: "unavailable",
    title: "Unavailable",
    detail: "The event cannot be stored just now; send it again.",
  });
};

const statusOf = (error: unknown): number =>
  error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : 500;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
};

const logEvent = (log: Logger, requestId: string | undefined, { wake, ...stored }: StoredEvent): void => {
  const fields = { requestId, installId: wake, ...stored };
  if (stored.result === "conflict")
    log.error(fields, "incident: an event names another channel of a connector");
  else log.info(fields, "event stored");
};

/** Logs a refused webhook once per request id: Bird repeats it for hours. */
const createRefusalLog = (log: Logger) => {
  const logged = new Set<string>();
  return (requestId: string | undefined, fault: SignatureFault, url: string): void => {
    const id = requestId ?? "";
    if (logged.has(id)) return;
    if (logged.size >= 1000) logged.clear();
    logged.add(id);
    log.warn({ requestId, code: fault, url }, "webhook refused");
  };
};
