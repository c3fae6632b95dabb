import helmet from "@fastify/helmet";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { z } from "zod";
import { requestIdOf } from "../http/request-id.ts";
import { answerUnreadable } from "../http/unreadable.ts";
import { parseInput } from "../install/errors/input-error.ts";
import type { Logger } from "../log.ts";
import type { LinkAccess } from "../queue/links/sessions.ts";
import type { RedisFault } from "../redis/errors.ts";
import { createRequestLimits } from "./limits.ts";
import type { ConnectMetrics } from "./observer.ts";
import { createIsAllowedOrigin } from "./origins.ts";
import { addPages, type Page } from "./pages.ts";
import { requestSchemas, type SessionAnswer } from "./protocol.ts";
import { createRefuse, RefusedError } from "./refuse.ts";
import type { ConnectSessions } from "./sessions.ts";

/** Largest body, bytes: a signup code has some hundred. */
const bodyBytesMax = 8 * 1024;

const sessionPath = "/v1/session/";

interface ConnectDeps {
  readonly sessions: ConnectSessions;
  /** `CONNECT_PUBLIC_URL`, without a slash at the end; undefined: where it listens. */
  readonly publicUrl: () => string;
  /** Hosts whose https pages may have `connect.js` in them. */
  readonly embedHosts: readonly string[];
  readonly page: Page;
  /** Proxies in front, each of which adds to `X-Forwarded-For`. */
  readonly proxyHops: number;
  /** Resolves when Redis takes writes. */
  readonly ready: () => Promise<unknown>;
  readonly redisRefused: (fault: RedisFault) => void;
  readonly metrics: ConnectMetrics;
  readonly log: Logger;
}

/** The service on which customers connect a number. Builds, never listens. Strangers reach all of it. */
export const buildConnectServer = async (deps: ConnectDeps): Promise<FastifyInstance> => {
  const { log, metrics, sessions } = deps;
  const refuse = createRefuse({ log, refused: metrics.refused, redisRefused: deps.redisRefused });
  const server = fastify({
    bodyLimit: bodyBytesMax,
    logger: false,
    // Longer than a request for the status waits.
    requestTimeout: 0,
    http: { headersTimeout: 15_000 },
    connectionTimeout: 40_000,
    keepAliveTimeout: 65_000,
    requestIdHeader: false,
    genReqId: ({ headers }) => requestIdOf(headers["x-request-id"]),
    trustProxy: deps.proxyHops > 0 && ((_address: string, hop: number) => hop < deps.proxyHops),
    frameworkErrors: refuse,
    clientErrorHandler: answerUnreadable(() => metrics.refused("invalid_request")),
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 100 },
  });
  server.addHook("onClose", async () => refuse.log.close());
  const stopping = new AbortController();
  server.addHook("preClose", async () => stopping.abort());
  server.setErrorHandler(refuse);
  server.setNotFoundHandler((request, reply) => {
    const isOther = request.url.startsWith(sessionPath);
    return refuse(new RefusedError(isOther ? "method_not_allowed" : "not_found"), request, reply);
  });
  parseBodies(server);
  await server.register(helmet, {
    contentSecurityPolicy: false,
    // Meta's window answers the page that opened it.
    crossOriginOpenerPolicy: { policy: "same-origin-allow-popups" },
    referrerPolicy: { policy: "no-referrer" },
    xFrameOptions: { action: "deny" },
  });
  server.addHook("onRequest", async (_request, reply) => {
    reply.headers({
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "permissions-policy": "camera=(), geolocation=(), microphone=()",
    });
  });
  guardSessions(server, deps);
  server.get("/healthz", () => ({ status: "ok" }));
  server.get("/readyz", async () => {
    await deps.ready();
    return { status: "ok" };
  });
  await addPages(server, deps.page);

  const post = <Body extends { readonly link: string; readonly secret: string }>(
    name: keyof typeof requestSchemas,
    schema: z.ZodType<Body>,
    run: (access: LinkAccess, body: Body, signal: AbortSignal) => Promise<SessionAnswer>,
  ): void => {
    server.post(sessionPath + name, async (request, reply) => {
      const body = parseInput(schema, request.body);
      const leaving = new AbortController();
      reply.raw.once("close", () => leaving.abort());
      const signal = AbortSignal.any([leaving.signal, stopping.signal]);
      const answer = await run({ id: body.link, secret: body.secret }, body, signal);
      metrics.moved(name);
      return answer;
    });
  };
  post("open", requestSchemas.open, (access) => sessions.open(access));
  post("started", requestSchemas.started, (access) => sessions.started(access));
  post("cancelled", requestSchemas.cancelled, (access, { step }) => sessions.cancelled(access, step));
  post("failed", requestSchemas.failed, (access, { metaErrorId, metaErrorCode }) =>
    sessions.failed(access, metaErrorId ?? metaErrorCode),
  );
  post("finish", requestSchemas.finish, (access, { code, wabaId, phoneId, event }) =>
    sessions.finish(access, { code, wabaId, phoneId, event }),
  );
  post("status", requestSchemas.status, (access, { seen }, signal) => sessions.status(access, seen, signal));
  return server;
};

/** Takes JSON only. The parser's message is left out, because it quotes the body. */
const parseBodies = (server: FastifyInstance): void => {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, JSON.parse(body.toString()));
    } catch {
      done(new RefusedError("invalid_json"));
    }
  });
};

const isSession = ({ url }: FastifyRequest): boolean => url.startsWith(sessionPath);

/** Limits the protocol's requests by address and in all, and refuses those of other sites' pages. */
const guardSessions = (
  server: FastifyInstance,
  { publicUrl, embedHosts }: Pick<ConnectDeps, "publicUrl" | "embedHosts">,
): void => {
  const limits = createRequestLimits();
  const isAllowedOrigin = createIsAllowedOrigin({ publicUrl, embedHosts });
  server.addHook("onRequest", async (request, reply) => {
    const waitSeconds = limits.take(request.ip);
    if (waitSeconds !== undefined) throw new RefusedError("too_many_requests", waitSeconds);
    if (!isSession(request)) return;
    const { origin } = request.headers;
    if (!isAllowedOrigin(origin)) throw new RefusedError("cross_site");
    reply.headers({
      "access-control-allow-origin": origin,
      vary: "origin",
      // Otherwise helmet's same-origin keeps the answer from a page with connect.js.
      "cross-origin-resource-policy": "cross-origin",
    });
  });
  server.options(`${sessionPath}*`, (_request, reply) =>
    reply
      .headers({
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "600",
      })
      .code(204)
      .send(),
  );
};
