import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../api-deps.ts";

/**
 * Refuses every request that needs the queue while this process knows of too few shards: it would answer from a part
 * of the installs, and call an install of another shard not found.
 */
export const guardShards = (server: FastifyInstance, { checkShards }: Pick<ApiDeps, "checkShards">): void => {
  server.addHook("onRequest", async (request) => {
    if (request.routeOptions.url?.startsWith("/v1/") === true) await checkShards();
  });
};
