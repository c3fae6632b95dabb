import { hash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Subject } from "../faults/injector.ts";
import type { Answer } from "../http/answer.ts";
import type { GraphOperations } from "./graph.ts";

/**
 * Meta's reads. They need a token of Meta's and no access key of Bird. How often a fault strikes is counted for each
 * object that is read.
 */
export const addGraphRoutes = (
  app: FastifyInstance,
  deps: {
    readonly operations: GraphOperations;
    readonly respond: (reply: FastifyReply, subject: Subject, work: () => Answer) => void;
  },
): void => {
  const { operations, respond } = deps;
  const root = "/meta/:version(^v\\d+\\.\\d+$)";

  app.get(`${root}/debug_token`, { config: { operation: "debugToken" } }, (request, reply) => {
    const workspaceId = hash("sha256", request.url);
    respond(reply, { operation: "debugToken", workspaceId }, () =>
      operations.debugToken({ bearer: bearerOf(request), query: request.query }),
    );
  });
  app.get<{ Params: { id: string } }>(
    `${root}/:id(^\\d+$)`,
    { config: { operation: "getPhoneNumber" } },
    (request, reply) => {
      const { id: phoneId } = request.params;
      respond(reply, { operation: "getPhoneNumber", workspaceId: phoneId, phoneId }, () =>
        operations.getPhoneNumber({ bearer: bearerOf(request), phoneId }),
      );
    },
  );
  app.get<{ Params: { id: string } }>(
    `${root}/:id(^\\d+$)/phone_numbers`,
    { config: { operation: "listPhoneNumbers" } },
    (request, reply) => {
      const { id: wabaId } = request.params;
      respond(reply, { operation: "listPhoneNumbers", workspaceId: wabaId }, () =>
        operations.listPhoneNumbers({ bearer: bearerOf(request), wabaId, query: request.query }),
      );
    },
  );
};

const bearerOf = (request: FastifyRequest): string | undefined =>
  /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
