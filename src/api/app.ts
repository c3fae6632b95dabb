import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { serializerCompiler } from "fastify-type-provider-zod";
import type { z } from "zod";
import { type BoundedLog, createBoundedLog } from "../http/bounded-log.ts";
import { guardLocal } from "../http/guard-local.ts";
import { sendProblem } from "../http/problem.ts";
import { answerUnreadable } from "../http/unreadable.ts";
import { InputError, parseInput } from "../install/errors/input-error.ts";
import { redisFaultBehind } from "../redis/errors.ts";
import type { ApiDeps } from "./api-deps.ts";
import { guardAccess } from "./auth/access.ts";
import { createSessions } from "./auth/sessions.ts";
import { addBatchActions } from "./batches/actions.ts";
import { addCreateBatch } from "./batches/create.ts";
import { addBatchEvents } from "./batches/events.ts";
import { addBatches } from "./batches/read.ts";
import { addBatchResults } from "./batches/results.ts";
import { addBatchRows } from "./batches/rows.ts";
import { addConnectLinks } from "./connect-links.ts";
import { addDoctor } from "./doctor.ts";
import { addEvents } from "./events.ts";
import { addInstallActions } from "./installs/actions.ts";
import { addCreateInstall } from "./installs/create.ts";
import { addInstallEvents } from "./installs/events.ts";
import { addManyInstallActions } from "./installs/many.ts";
import { addInstalls } from "./installs/read.ts";
import { createWaitForEnd } from "./installs/wait-for-end.ts";
import { addNotificationReceivers } from "./notification-receivers.ts";
import { addNotifications } from "./notifications.ts";
import { addOpenApi } from "./openapi/openapi.ts";
import { addConsole } from "./server/console.ts";
import { addHealth } from "./server/health.ts";
import { guardShards, limitBodyTime, limitRequests } from "./server/limits.ts";
import { addMetrics } from "./server/metrics.ts";
import { problemOf } from "./server/problem-of.ts";
import { parseJson } from "./server/read-body.ts";
import { logRequests, requestId } from "./server/request-log.ts";
import { addRoot, answerUnknownRoutes } from "./server/root.ts";
import { createStreamingRequests } from "./server/streaming.ts";
import { addSession } from "./session.ts";
import { addStats } from "./stats.ts";
import { addWorkspaces } from "./workspaces.ts";

/** Largest body of a single install, bytes. */
const bodyBytesMax = 64 * 1024;

/** Browsers may neither run nor frame an answer; the pages under /docs set their own policy. */
const answersCsp = { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } };

/** Builds the API server for other services; does not listen. */
export const buildApiServer = async (deps: ApiDeps): Promise<FastifyInstance> => {
  const { log } = deps;
  const bounded = createBoundedLog({ log });
  const answerError = createAnswerError(deps, bounded);
  const server = fastify({
    bodyLimit: bodyBytesMax,
    logger: false,
    http: { headersTimeout: 30_000 },
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    requestIdHeader: false,
    genReqId: requestId,
    frameworkErrors: answerError,
    clientErrorHandler: answerUnreadable(),
    return503OnClosing: false,
  });
  server.setValidatorCompiler<z.ZodType>(
    ({ schema }) =>
      (input) =>
        validate(schema, input),
  );
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler(answerError);
  answerUnknownRoutes(server);
  limitBodyTime(server);
  parseJson(server);
  logRequests(server, { log, bounded });
  server.addHook("onClose", async () => bounded.close());
  deps.traceRequests?.(server);
  // Answers hold personal data; the documentation pages set their own header.
  server.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
  await server.register(helmet, { contentSecurityPolicy: answersCsp });
  await server.register(cookie);
  if (deps.keys.length === 0) guardLocal(server);
  const sessions = createSessions(deps);
  guardAccess(server, { ...deps, sessions });
  guardShards(server, deps);
  await limitRequests(server, deps);
  await addOpenApi(server, deps);

  closeConnections(server);
  const streaming = createStreamingRequests();
  const waitForEnd = createWaitForEnd({ ...deps, limit: streaming.waiting });
  server.addHook("preClose", async () => {
    waitForEnd.abortAll();
    streaming.abortAll();
  });
  const { consoleDir } = deps;
  const sendConsole =
    consoleDir === undefined ? undefined : await addConsole(server, { dir: consoleDir, log });
  addRoot(server, { ...deps, sendConsole });
  addHealth(server, deps);
  const { exposeMetrics } = deps;
  if (exposeMetrics !== undefined) addMetrics(server, { exposeMetrics });
  addCreateInstall(server, deps);
  addInstalls(server, { ...deps, waitForEnd });
  addInstallEvents(server, { ...deps, streaming });
  addInstallActions(server, deps);
  addManyInstallActions(server, deps);
  await addCreateBatch(server, { ...deps, streaming });
  addBatches(server, deps);
  addBatchActions(server, deps);
  addBatchRows(server, deps);
  addBatchResults(server, deps);
  addBatchEvents(server, { ...deps, streaming });
  addWorkspaces(server, deps);
  addEvents(server, deps);
  addNotifications(server, deps);
  addConnectLinks(server, deps);
  addNotificationReceivers(server, { ...deps, streaming });
  addDoctor(server, deps);
  addSession(server, { ...deps, sessions });
  addStats(server, { ...deps, streaming });
  return server;
};

/** Answers sent while the server closes end their connection; otherwise closing waits for keep-alive connections. */
const closeConnections = (server: FastifyInstance): void => {
  let isClosing = false;
  server.addHook("preClose", async () => {
    isClosing = true;
  });
  server.addHook("onSend", async (_request, reply) => {
    if (isClosing) reply.header("connection", "close");
  });
};

/** Validates one part of a request and names everything that is wrong with it. */
const validate = (schema: z.ZodType, input: unknown) => {
  try {
    return { value: parseInput(schema, input) };
  } catch (error) {
    if (error instanceof InputError) return { error };
    throw error;
  }
};

const createAnswerError =
  ({ log, redisRefused }: Pick<ApiDeps, "log" | "redisRefused">, bounded: BoundedLog) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = problemOf(error);
    const route = request.routeOptions.url;
    if (known === undefined) log.error({ requestId: request.id, route, err: error }, "a request failed");
    // Reported once for all requests, because every request fails for the same reason.
    const fault = redisFaultBehind(error);
    if (fault !== undefined) redisRefused?.(fault);
    else if (known?.status === 503) {
      const fields = { requestId: request.id, route, code: known.code, reason: reasonOf(error) };
      bounded.write(known.code, () => log.warn(fields, "a request was put off"));
    }
    return sendProblem(
      reply,
      known ?? {
        status: 500,
        code: "internal",
        detail: "Perch failed in a way it does not know: the log has this request's id.",
      },
    );
  };

const reasonOf = (error: unknown): string | undefined =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
