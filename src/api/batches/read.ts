import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { batchStatuses } from "../../install/batch.ts";
import { ulidCursorSchema } from "../../install/values/cursor.ts";
import { readSearchText, searchSchema } from "../../install/values/search-text.ts";
import { batchDetail, batchDetailSchema } from "../../producer/results/batch-detail.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { callerOf } from "../auth/reach.ts";
import { answer, problems } from "../server/answers.ts";
import { createdMembers, idParams, limitSchema, listSchema } from "../server/parameters.ts";
import { findBatch } from "./find.ts";
import { batchPageSchema } from "./schema.ts";

const statusRule = `must be one or more of ${batchStatuses.join(", ")}`;

const querySchema = z.strictObject({
  status: listSchema(
    z
      .array(z.enum(batchStatuses, statusRule), statusRule)
      .min(1, statusRule)
      .max(batchStatuses.length, statusRule),
    "Only batches with these statuses: several are separated by commas, or the parameter is repeated.",
  ),
  q: searchSchema
    .meta({ description: "A part of the name, the id, or the name of the API key it was sent with." })
    .optional(),
  ...createdMembers("batches"),
  limit: limitSchema,
  cursor: ulidCursorSchema,
});

export interface BatchesDeps {
  readonly batches: Pick<
    Batches,
    | "find"
    | "list"
    | "isWithin"
    | "failures"
    | "failureCounts"
    | "faultCounts"
    | "readRows"
    | "linesOf"
    | "samples"
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
        description:
          "Newest first. A batch must match all filters. A filtered page reads 5,000 batches at most, so it may be empty and still have a `nextCursor`.",
        querystring: querySchema,
        response: { 200: answer(batchPageSchema, "A page of batches.") },
      },
    },
    (request) => {
      const { limit, cursor, status, q, createdFrom: fromMs, createdTo: toMs } = request.query;
      const search = q === undefined ? undefined : readSearchText(q);
      const { workspaces: within } = callerOf(request);
      return deps.batches.list({ limit, cursor, status, search, fromMs, toMs, within });
    },
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
          "Its counts, also while its file is being read, its failures by code, its rejected rows by fault, its latest failed rows and its recent pace.",
        params: idParams("batch"),
        response: { 200: answer(batchDetailSchema, "The batch."), ...problems(404) },
      },
    },
    async (request) => batchDetail(deps, await findBatch(deps, callerOf(request), request.params.id)),
  );
};
