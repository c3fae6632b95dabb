import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { answer, problems } from "./answers.ts";
import type { ApiDeps } from "./api-deps.ts";
import { batchRetryBytesMax, batchRetryExamples, createBatchRetryBody } from "./batch-retry-body.ts";
import { batchRetrySchema, batchSchema } from "./batch-schema.ts";
import { knownBatchId } from "./known-batch-id.ts";
import { optionalBody } from "./openapi.ts";
import { idParams } from "./parameters.ts";

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
  { batchActions, allowsHttp }: Pick<ApiDeps, "batchActions" | "allowsHttp">,
): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  for (const [decision, summary, description] of decisions) {
    routes.post(
      `/v1/batches/:id/${decision}`,
      {
        config: { scope: "write" },
        schema: {
          operationId: `${decision}Batch`,
          tags: ["batches"],
          summary,
          description,
          params,
          response: { 200: answer(batchSchema, "The batch."), ...problems(404, 409) },
        },
      },
      ({ params: { id } }) => batchActions[decision](knownBatchId(id)),
    );
  }
  routes.post(
    "/v1/batches/:id/retry",
    {
      config: { scope: "write" },
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
    ({ params: { id }, body: { filter = {}, replace, dryRun } }) =>
      batchActions.retry(knownBatchId(id), { filter, replace, dryRun }),
  );
};
