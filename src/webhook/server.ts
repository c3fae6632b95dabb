import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { requestIdOf } from "../http/request-id.ts";
import { answerUnreadable } from "../http/unreadable.ts";
import type { Logger } from "../log.ts";
import { ShardsError } from "../queue/keyspace/shards.ts";
import type { Wake } from "../queue/matching/wake.ts";
import { type RedisFault, redisFaultBehind } from "../redis/errors.ts";
import { createProbeWatch } from "./doctor-probe.ts";
import {
  measureAnswers,
  noWebhookMetrics,
  traceEvents,
  type WebhookMetrics,
  type WebhookTraces,
} from "./observer.ts";
import { createRefuse, type PlainRefusal } from "./refuse.ts";
import { checkSignature } from "./signature.ts";
import type { StoredEvent } from "./store-event.ts";

/** Largest body taken, bytes. Bird's channel events are below 2 KiB. */
const bodyBytesMax = 256 * 1024;

/** What a workspace's id may be, as an event's own ids. */
const workspaceIdPattern = /^[A-Za-z0-9-]{1,64}$/;
const webhookPath = /^\/webhooks\/bird(\/[A-Za-z0-9-]{1,64})?\/?(\?|$)/;

interface WebhookDeps {
  readonly storeEvent: (body: Buffer, workspaceId: string | undefined) => Promise<StoredEvent>;
  readonly wake: Wake;
  readonly signingKeys: (workspaceId: string | undefined) => readonly string[];
  /** `WEBHOOK_PUBLIC_URL`, without a slash at the end; undefined: what the server itself was called by. */
  readonly publicUrl: () => string;
  readonly maxAgeMs: number;
  /** Resolves when Redis takes writes. @throws {RedisUnavailableError} */
  readonly ready: () => Promise<unknown>;
  /** Resolves when Redis takes a write at this moment, which the doctor asks. @throws {RedisUnavailableError} */
  readonly takesEvents: () => Promise<unknown>;
  /** Called for each request that failed because of Redis. */
  readonly redisRefused?: ((fault: RedisFault) => void) | undefined;
  readonly metrics?: WebhookMetrics | undefined;
  /** Undefined: nothing is traced. */
  readonly traces?: WebhookTraces | undefined;
  readonly log: Logger;
  readonly now?: () => number;
}

/**
 * The service Bird sends its events to. Builds, never listens.
 *
 * An event is stored durably before the 2xx, which wakes an install that is parked. Waking any other comes after, because a
 * wake that is lost is made up for by the sweep, while an answer that is late makes Bird repeat.
 */
export const buildWebhookServer = (deps: WebhookDeps): FastifyInstance => {
  const { log, metrics = noWebhookMetrics } = deps;
  const now = deps.now ?? Date.now;
  const { isProbe, isUncounted } = createProbeWatch({ now });
  const refuse = createRefuse({ log, metrics, isUncounted });
  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const fault = redisFaultBehind(error);
    if (fault !== undefined) {
      deps.redisRefused?.(fault);
      return refuse.unavailable(request, reply, fault);
    }
    const code = refusalOf(error);
    if (code === "internal") log.error({ requestId: request.id, err: error }, "an event could not be stored");
    return refuse(request, reply, code);
  };
  const server = fastify({
    bodyLimit: bodyBytesMax,
    logger: false,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    requestIdHeader: false,
    genReqId: ({ headers }) => requestIdOf(headers["messagebird-request-id"]),
    frameworkErrors: answerError,
    clientErrorHandler: answerUnreadable(() => refuse.unread("invalid_request")),
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 100 },
  });
  server.addHook("onClose", async () => refuse.log.close());
  // The signature covers the bytes as sent, so nothing may parse them first (senders do not promise canonical JSON, RFC 8785).
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );

  const receive = async (request: FastifyRequest, reply: FastifyReply, workspaceId: string | undefined) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const isDoctors = isProbe(request, body);
    const fault = checkSignature(
      {
        signature: header(request, "messagebird-signature"),
        timestamp: header(request, "messagebird-request-timestamp"),
        url: deps.publicUrl() + request.url,
        body,
      },
      { keys: deps.signingKeys(workspaceId), maxAgeMs: deps.maxAgeMs, nowMs: now() },
    );
    if (fault !== undefined) return refuse(request, reply, fault);
    if (isDoctors) {
      await deps.takesEvents();
      return reply.send({ received: true });
    }
    const stored = await deps.storeEvent(body, workspaceId);
    metrics.eventStored(stored.result);
    logEvent(log, request.id, stored);
    traced?.stored(request, stored);
    reply.send({ received: true });
    if (stored.wake !== undefined && stored.isWoken !== true) {
      await deps.wake(stored.wake, { eventOf: stored.connectorId }).catch((error: unknown) => {
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

  measureAnswers(server, { ...metrics, isUncounted });
  const traced = deps.traces && traceEvents(server, deps.traces);
  server.post("/webhooks/bird", (request, reply) => receive(request, reply, undefined));
  server.post<{ Params: { workspaceId: string } }>("/webhooks/bird/:workspaceId", (request, reply) => {
    const { workspaceId } = request.params;
    return workspaceIdPattern.test(workspaceId)
      ? receive(request, reply, workspaceId.toLowerCase())
      : refuse(request, reply, "not_found");
  });
  server.get("/healthz", () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    await deps.ready();
    return reply.send({ status: "ok" });
  });
  server.setNotFoundHandler((request, reply) => {
    if (!webhookPath.test(request.url)) return refuse(request, reply, "not_found");
    return refuse(request, reply.header("allow", "POST"), "method_not_allowed");
  });
  server.setErrorHandler(answerError);
  return server;
};

/** What fastify itself refuses, by status; any other below 500 cannot be read, and the rest is a fault of Perch. */
const clientFaults: Readonly<Record<number, PlainRefusal>> = {
  413: "too_large",
  414: "address_too_long",
  415: "unsupported_media_type",
};

const refusalOf = (error: unknown): PlainRefusal => {
  if (error instanceof ShardsError) return error.code;
  const status =
    error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
      ? error.statusCode
      : 500;
  return status < 500 ? (clientFaults[status] ?? "invalid_request") : "internal";
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
};

const logEvent = (
  log: Logger,
  requestId: string | undefined,
  { wake, isWoken: _, ...stored }: StoredEvent,
): void => {
  const fields = { requestId, installId: wake, ...stored };
  if (stored.result === "conflict")
    log.error(fields, "incident: an event names another channel of a connector");
  else log.info(fields, "event stored");
};
