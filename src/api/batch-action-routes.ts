import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { answer, problems } from "./answers.ts";
import type { ApiDeps } from "./api-deps.ts";
import { batchRetryBytesMax, batchRetryExamples, createBatchRetryBody } from "./batch-retry-body.ts";
import { batchRetrySchema, batchSchema } from "./batch-schema.ts";
import { optionalBody } from "./openapi.ts";
import { idParams } from "./parameters.ts";
import { by, callerOf, reachBatchId } from "./reach.ts";

const params = idParams("batch");

const decisions = [
  [
    "pause",
    "Pause a batch",
    "No more of its installs are sent to Bird; what is on its way there goes on. Repeating it is safe.",
  ],
  [
    "resume",
    "Resume a batch",
    "Goes on, also with what waits for a canary. A batch that halted by itself is measured anew. Repeating it is safe.",
  ],
  [
    "cancel",
    "Cancel a batch",
    "Ends its installs that have no connector yet; the others end by themselves. A file that is still read is read no further.",
  ],
] as const;

/** What people and services do to a batch that exists. */
export const addBatchActions = (
  server: FastifyInstance,
  deps: Pick<ApiDeps, "batchActions" | "batches" | "allowsHttp" | "log">,
): void => {
  const { batchActions, allowsHttp, log } = deps;
  const routes = server.withTypeProvider<ZodTypeProvider>();
  for (const [decision, summary, description] of decisions) {
    routes.post(
      `/v1/batches/:id/${decision}`,
      {
        config: { scope: "write", reach: "workspaces" },
        schema: {
          operationId: `${decision}Batch`,
          tags: ["batches"],
          summary,
          description,
          params,
          response: { 200: answer(batchSchema, "The batch."), ...problems(404, 409) },
        },
      },
      async (request) => {
        const id = await reachBatchId(deps, callerOf(request), request.params.id);
        const batch = await batchActions[decision](id, by(request));
        log.info(
          { requestId: request.id, batchId: batch.id, action: decision, status: batch.status },
          "batch decided on",
        );
        return batch;
      },
    );
  }
  routes.post(
    "/v1/batches/:id/retry",
    {
      config: { scope: "write", reach: "workspaces" },
      bodyLimit: batchRetryBytesMax,
      schema: {
        ...optionalBody,
        operationId: "retryBatch",
        tags: ["batches"],
        summary: "Start failed and cancelled rows of a batch again",
        description:
          "All of them, or those with an error code or a row number. The answer comes once all are started. Repeating it is safe: what is started again does not fit any more.",
        params,
        bodyExamples: batchRetryExamples,
        body: createBatchRetryBody({ allowsHttp }),
        response: { 200: answer(batchRetrySchema, "What was started again."), ...problems(404, 409) },
      },
    },
    async (request) => {
      const { filter = {}, replace, dryRun } = request.body;
      const batchId = await reachBatchId(deps, callerOf(request), request.params.id);
      const done = await batchActions.retry(batchId, { filter, replace, dryRun, ...by(request) });
      if (dryRun !== true)
        log.info({ requestId: request.id, batchId, retried: done.retried }, "batch queued again");
      return done;
    },
  );
};
