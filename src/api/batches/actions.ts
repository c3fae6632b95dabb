import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { batchSchema } from "../../install/batch.ts";
import { errorCodes } from "../../install/errors/install-error.ts";
import type { Logger } from "../../log.ts";
import { type BatchActions, batchRetrySchema } from "../../queue/actions/batch.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { by, callerOf, reachBatchId } from "../auth/reach.ts";
import { createChangeSchema } from "../installs/body.ts";
import type { BodyExamples } from "../openapi/openapi.ts";
import { optionalBody } from "../openapi/tidy-document.ts";
import { answer, problems } from "../server/answers.ts";
import { idParams } from "../server/parameters.ts";

const params = idParams("batch");

const decisions = [
  [
    "pause",
    "Pause a batch",
    "Sends no more of its installs to Bird; those already sent continue. Repeating it is safe.",
  ],
  [
    "resume",
    "Resume a batch",
    "Continues, also with the rows that wait for a canary. For a batch that halted by itself the failure rate is measured from zero again. Repeating it is safe.",
  ],
  [
    "cancel",
    "Cancel a batch",
    "Ends its installs that have no connector yet; the others continue to their end. A file that is being read is not read further.",
  ],
] as const;

export interface BatchActionsDeps {
  readonly batches: Pick<Batches, "isWithin">;
  readonly batchActions: BatchActions;
  /** `NOTIFY_ALLOW_PRIVATE`: addresses of webhooks may be http. */
  readonly allowsHttp: boolean;
  readonly log: Logger;
}

/** Adds the actions on one batch: pause, resume, cancel and retry. */
export const addBatchActions = (server: FastifyInstance, deps: BatchActionsDeps): void => {
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
        summary: "Retry failed and cancelled rows of a batch",
        description:
          "All of them, or those with an error code or a row number. The answer is sent once all are started. Repeating it is safe: rows that were started again are not matched any more.",
        params,
        bodyExamples: batchRetryExamples,
        body: createBatchRetryBody({ allowsHttp }),
        response: {
          200: answer(batchRetrySchema, "The matched and retried installs."),
          ...problems(404, 409),
        },
      },
    },
    async (request) => {
      const { filter = {}, replace, dryRun } = request.body;
      const caller = callerOf(request);
      const batchId = await reachBatchId(deps, caller, request.params.id);
      const within = caller.workspaces;
      const done = await batchActions.retry(batchId, { filter, replace, dryRun, within, ...by(request) });
      if (dryRun !== true)
        log.info({ requestId: request.id, batchId, retried: done.retried }, "batch queued again");
      return done;
    },
  );
};

const rowsMax = 100_000;
const rowIssue = "must be the number of a row, from 1";

/** Body of a batch's retry. No body retries all that failed or was cancelled, as it was. */
const createBatchRetryBody = (rules: { readonly allowsHttp: boolean }) =>
  z.preprocess(
    (body) => body ?? {},
    z.strictObject(
      {
        filter: z
          .strictObject(
            {
              errorCode: z.enum(errorCodes, "must be a code of docs/errors.md").optional(),
              rows: z
                .array(z.int(rowIssue).min(1, rowIssue), "must be a list of row numbers")
                .max(rowsMax, `must not name more than ${rowsMax.toLocaleString("en")} rows`)
                .optional(),
            },
            { error: objectIssue("must be an object with errorCode or rows") },
          )
          .optional()
          .meta({
            description: "Which failed or cancelled rows; absent: all. Given both, a row must match both.",
          }),
        replace: createChangeSchema(rules)
          .optional()
          .meta({ description: "Members of their requests to replace, the same in each." }),
        dryRun: z
          .boolean("must be true or false")
          .optional()
          .meta({ description: "Only counts matching rows." }),
      },
      { error: objectIssue("must be an object with filter, replace or dryRun") },
    ),
  );

const objectIssue =
  (message: string) =>
  ({ code }: { readonly code: string }): string | undefined =>
    code === "invalid_type" ? message : undefined;

/** The largest that 100,000 rows and a change make, bytes. */
const batchRetryBytesMax = 2 * 1024 * 1024;

/** First the one that changes nothing, because tools offer the first. */
const batchRetryExamples = {
  rows: { summary: "How many of these rows it would be", value: { filter: { rows: [2, 7] }, dryRun: true } },
  code: {
    summary: "All that failed for one reason, with another token",
    value: { filter: { errorCode: "rejected_by_bird" }, replace: { accessToken: "EAAG-renewed-token" } },
  },
} as const satisfies BodyExamples;
