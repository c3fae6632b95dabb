import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { filterMembers } from "../../install/install-filter.ts";
import { cursorSchema } from "../../install/values/cursor.ts";
import { readSearchText, searchSchema } from "../../install/values/search-text.ts";
import {
  batchRowSchema,
  isRowCursor,
  pageOfRows,
  rowStatuses,
  rowWalkMax,
} from "../../producer/results/row-page.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { callerOf, reachBatchId } from "../auth/reach.ts";
import { answer, problems } from "../server/answers.ts";
import { idParams, limitSchema, listSchema, nextCursorSchema } from "../server/parameters.ts";

const statusRule = `must be one or more of ${rowStatuses.join(", ")}`;

const querySchema = z.strictObject({
  status: listSchema(
    z
      .array(z.enum(rowStatuses, statusRule), statusRule)
      .min(1, statusRule)
      .max(rowStatuses.length, statusRule),
    "Only rows with these statuses, separated by commas: `pending` is `queued` (no connector yet) and `awaiting` (the channel).",
  ),
  code: filterMembers.errorCode.meta({
    description: "Only rows that failed, or were rejected, with this code.",
  }),
  fault: z
    .string("must be the number of a fault")
    .regex(/^\d{1,3}$/, "must be the number of a fault")
    .transform(Number)
    .meta({ description: "Only rejected rows with this fault of the batch's `rejectsByFault`." })
    .optional(),
  q: searchSchema.optional(),
  limit: limitSchema,
  cursor: cursorSchema(isRowCursor),
});

const pageSchema = z
  .object({ items: z.array(batchRowSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "BatchRowPage" });

const description = `In input order, as they are now; also while the batch runs. A row must match all filters.

Rows are found by status, code and fault without reading the others. With \`q\` a page reads ${rowWalkMax.toLocaleString("en")} rows at most, so it
may be empty and still have a \`nextCursor\`; a whole number or id is looked up, and then only rows that are rejected or
attached to another install are read. \`GET /v1/batches/{id}/results\` is the whole file.`;

export interface BatchRowsDeps {
  readonly batches: Pick<Batches, "isWithin" | "walkRows" | "readRows" | "withInput">;
  readonly installs: Pick<Installs, "findMany" | "lookUp">;
}

/** `GET /v1/batches/{id}/rows`. */
export const addBatchRows = (server: FastifyInstance, deps: BatchRowsDeps): void => {
  server.withTypeProvider<ZodTypeProvider>().get(
    "/v1/batches/:id/rows",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listBatchRows",
        tags: ["batches"],
        summary: "List the rows of a batch",
        description,
        params: idParams("batch"),
        querystring: querySchema,
        response: { 200: answer(pageSchema, "A page of rows."), ...problems(404) },
      },
    },
    async (request) => {
      const { status, code, fault, q, limit, cursor } = request.query;
      const batchId = await reachBatchId(deps, callerOf(request), request.params.id);
      const { items, nextCursor } = await pageOfRows(deps, batchId, {
        status,
        errorCode: code,
        fault,
        search: q === undefined ? undefined : readSearchText(q),
        limit,
        cursor: cursor === undefined ? undefined : Number(cursor),
      });
      return { items, nextCursor: nextCursor?.toString() };
    },
  );
};
