import helmet from "@fastify/helmet";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { serializerCompiler } from "fastify-type-provider-zod";
import type { z } from "zod";
import { type BoundedLog, createBoundedLog } from "../http/bounded-log.ts";
import { guardLocal } from "../http/guard-local.ts";
import { sendProblem } from "../http/problem.ts";
import { answerUnreadable } from "../http/unreadable.ts";
import { InputError, parseInput } from "../install/input-error.ts";
import type { ApiDeps } from "./api-deps.ts";
import { guardAccess } from "./auth/access.ts";
import { addBatchActions } from "./batches/actions.ts";
import { addCreateBatch } from "./batches/create.ts";
import { addBatchEvents } from "./batches/events.ts";
import { addBatches } from "./batches/read.ts";
import { addBatchResults } from "./batches/results.ts";
import { addEvents } from "./events.ts";
import { addInstallActions } from "./installs/actions.ts";
import { addCreateInstall } from "./installs/create.ts";
import { addInstalls } from "./installs/read.ts";
import { createWaitForEnd } from "./installs/wait-for-end.ts";
import { addNotifications } from "./notifications.ts";
import { guardShards } from "./server/guard-shards.ts";
import { addHealth } from "./server/health.ts";
import { limitBodyTime, limitRequests } from "./server/limits.ts";
import { addMetrics } from "./server/metrics.ts";
import { addOpenApi } from "./server/openapi.ts";
import { parseJson } from "./server/parse-json.ts";
import { problemOf, redisFaultBehind } from "./server/problem-of.ts";
import { logRequests, requestId } from "./server/request-log.ts";
import { createLasting } from "./server/streaming.ts";
import { addWorkspaces } from "./workspaces.ts";

/** Largest body of a single install, bytes. */
const bodyBytesMax = 64 * 1024;

/** Nothing of an answer is to be run or framed; the pages under /docs set their own. */
const answersCsp = { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } };

/** The API for other services and for the dashboard. Builds, never listens. */
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
        judge(schema, input),
  );
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler(answerError);
  server.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, { status: 404, code: "not_found", detail: "There is no such route: see /docs." }),
  );
  limitBodyTime(server);
  parseJson(server);
  logRequests(server, { log, bounded });
  server.addHook("onClose", async () => bounded.close());
  deps.traceRequests?.(server);
  // Answers hold personal data; the pages of the documentation set their own.
  server.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
  await server.register(helmet, { contentSecurityPolicy: answersCsp });
  if (deps.keys.length === 0) guardLocal(server);
  guardAccess(server, deps);
  guardShards(server, deps);
  await limitRequests(server, deps);
  await addOpenApi(server, deps);

  closeConnections(server);
  const lasting = createLasting();
  const waitForEnd = createWaitForEnd({ ...deps, places: lasting.stays });
  server.addHook("preClose", async () => {
    waitForEnd.release();
    lasting.release();
  });
  addHealth(server, deps);
  const { exposeMetrics } = deps;
  if (exposeMetrics !== undefined) addMetrics(server, { exposeMetrics });
  addCreateInstall(server, deps);
  addInstalls(server, { installs: deps.installs, waitForEnd });
  addInstallActions(server, deps);
  await addCreateBatch(server, { ...deps, lasting });
  addBatches(server, deps);
  addBatchActions(server, deps);
  addBatchResults(server, deps);
  addBatchEvents(server, { ...deps, lasting });
  addWorkspaces(server, deps);
  addEvents(server, deps);
  addNotifications(server, deps);
  return server;
};

/** Answers that are sent while the server closes end their connection, which would be waited for otherwise. */
const closeConnections = (server: FastifyInstance): void => {
  let isClosing = false;
  server.addHook("preClose", async () => {
    isClosing = true;
  });
  server.addHook("onSend", async (_request, reply) => {
    if (isClosing) reply.header("connection", "close");
  });
};

/** Names everything that is wrong with a part of a request at once. */
const judge = (schema: z.ZodType, input: unknown) => {
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
    // Told of as a whole: every request runs into the same wall.
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
