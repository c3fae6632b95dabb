import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { problems, textAnswer } from "./answers.ts";
import type { ApiDeps } from "./api-deps.ts";
import { findBatch } from "./find-batch.ts";
import { followBatch } from "./follow-batch.ts";
import type { Lasting } from "./lasting.ts";
import { createNextLook } from "./next-look.ts";
import { idParams } from "./parameters.ts";
import { callerOf } from "./reach.ts";
import { sendText } from "./send-text.ts";

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // nginx would gather events before it passes them on.
  "x-accel-buffering": "no",
} as const;

const description = `\`progress\` whenever the batch changed, looked at once a second for all its streams, and \`finished\` when it has ended, with
which the stream ends. The data of each is the whole batch as JSON, so \`Last-Event-ID\` is not needed: a client that
comes again hears how things are.`;

/** `GET /v1/batches/{id}/events`. */
export const addBatchEvents = (
  server: FastifyInstance,
  { batches, log, lasting }: Pick<ApiDeps, "batches" | "log"> & { readonly lasting: Lasting },
): void => {
  const nextLook = createNextLook({ find: batches.find });
  server.withTypeProvider<ZodTypeProvider>().get(
    "/v1/batches/:id/events",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "followBatch",
        tags: ["batches"],
        summary: "Follow a batch as server-sent events",
        description,
        params: idParams("batch"),
        response: {
          200: textAnswer("The events.", { "text/event-stream": "Events `progress` and `finished`." }),
          ...problems(404, 429),
        },
      },
    },
    async (request, reply) => {
      const batch = await findBatch({ batches }, callerOf(request), request.params.id);
      lasting.stays.take(reply);
      const signal = lasting.signalOf(reply);
      const next = () => nextLook(batch.id, signal);
      return sendText(reply, followBatch(batch, { next }), { headers, log });
    },
  );
};
