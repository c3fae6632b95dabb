import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { failuresByCode, recentFailures } from "../../producer/results/recent-failures.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { callerOf } from "../auth/reach.ts";
import { answer, problems } from "../server/answers.ts";
import { idParams, limitSchema, ulidCursorSchema } from "../server/parameters.ts";
import { findBatch } from "./find.ts";
import { batchPageSchema, batchWithFailuresSchema } from "./schema.ts";

export interface BatchesDeps {
  readonly batches: Pick<
    Batches,
    "find" | "list" | "isWithin" | "failures" | "failureCounts" | "readRows" | "linesOf"
  >;
  readonly installs: Pick<Installs, "findMany">;
}

/** `GET /v1/batches` and `GET /v1/batches/{id}`. */
export const addBatches = (server: FastifyInstance, deps: BatchesDeps): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    "/v1/batches",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listBatches",
        tags: ["batches"],
        summary: "List batches",
        description: "Newest first.",
        querystring: z.strictObject({ limit: limitSchema, cursor: ulidCursorSchema }),
        response: { 200: answer(batchPageSchema, "A page of batches.") },
      },
    },
    (request) => deps.batches.list({ ...request.query, within: callerOf(request).workspaces }),
  );
  routes.get(
    "/v1/batches/:id",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "getBatch",
        tags: ["batches"],
        summary: "Get a batch",
        description:
          "Its counts, also while its file is being read, its failures by code and its latest failed rows.",
        params: idParams("batch"),
        response: { 200: answer(batchWithFailuresSchema, "The batch."), ...problems(404) },
      },
    },
    async (request) => {
      const batch = await findBatch(deps, callerOf(request), request.params.id);
      const [latest, byCode] = await Promise.all([
        recentFailures(deps, batch.id),
        failuresByCode(deps, batch.id),
      ]);
      return { ...batch, recentFailures: latest, failuresByCode: byCode };
    },
  );
};
