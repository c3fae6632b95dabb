import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError } from "../../install/errors/errors.ts";
import { knownBatchId } from "../../install/values/ids.ts";
import type { Logger } from "../../log.ts";
import { type FailuresReader, withFailures } from "../../producer/results/failures-by-code.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { callerOf } from "../auth/reach.ts";
import { problems, textAnswer } from "../server/answers.ts";
import { type StateEvent, sendEvents } from "../server/event-stream.ts";
import { createLiveHub } from "../server/live-hub.ts";
import { idParams } from "../server/parameters.ts";
import type { StreamingRequests } from "../server/streaming.ts";

const description = `Sends \`progress\` with the present state and when the batch has changed, at most a second later, and \`finished\` when it
has ended; then the stream ends. The data of each event is the whole batch as JSON with its failures by code, so a client that reconnects needs no
\`Last-Event-ID\`. All streams of a batch share one look at it.`;

export interface BatchEventsDeps {
  readonly batches: Pick<Batches, "find" | "isWithin"> & FailuresReader["batches"];
  readonly installs: FailuresReader["installs"];
  readonly log: Logger;
}

/** A batch as a caller sees it: the workspaces of its rows are known only while it is read. */
interface BatchTopic {
  readonly id: string;
  readonly workspaces: readonly string[] | undefined;
}

export const batchEvent = ({ finishedAt }: Batch): StateEvent => ({
  name: finishedAt === undefined ? "progress" : "finished",
  isLast: finishedAt !== undefined,
});

/** `GET /v1/batches/{id}/events`. */
export const addBatchEvents = (
  server: FastifyInstance,
  deps: BatchEventsDeps & { readonly streaming: StreamingRequests },
): void => {
  const { batches } = deps;
  const hub = createLiveHub({
    nameOf: ({ id, workspaces }: BatchTopic) => [id, ...(workspaces?.toSorted() ?? [])].join(" "),
    look: async ({ id, workspaces }: BatchTopic) => {
      const isWithin = workspaces === undefined || (await batches.isWithin(id, workspaces));
      const batch = isWithin ? await batches.find(id) : undefined;
      return batch && withFailures(deps, batch);
    },
  });
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
      const id = knownBatchId(request.params.id);
      const { workspaces } = callerOf(request);
      const states = (signal: AbortSignal) => hub.follow({ id, workspaces }, signal);
      const missing = () => new BatchNotFoundError(id);
      return sendEvents(reply, { states, toEvent: batchEvent, missing }, deps);
    },
  );
};
