import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { InstallNotFoundError } from "../../install/errors/errors.ts";
import { type InstallWithTimeline, isEnded } from "../../install/install.ts";
import { knownInstallId } from "../../install/values/ids.ts";
import type { Logger } from "../../log.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { callerOf, reaches } from "../auth/reach.ts";
import { problems, textAnswer } from "../server/answers.ts";
import { type StateEvent, sendEvents } from "../server/event-stream.ts";
import { createLiveHub } from "../server/live-hub.ts";
import { idParams } from "../server/parameters.ts";
import type { StreamingRequests } from "../server/streaming.ts";

const description = `Sends \`install\` with the present state and when the install or its timeline has changed, at most a second later, and
\`ended\` when it has ended; then the stream ends. The data of each event is the install with its timeline as JSON, so a
client that reconnects needs no \`Last-Event-ID\`. All streams of an install share one look at it.`;

export interface InstallEventsDeps {
  readonly installs: Pick<Installs, "findWithTimeline">;
  readonly log: Logger;
}

export const installEvent = ({ status }: InstallWithTimeline): StateEvent => ({
  name: isEnded(status) ? "ended" : "install",
  isLast: isEnded(status),
});

/** `GET /v1/installs/{id}/events`. */
export const addInstallEvents = (
  server: FastifyInstance,
  { installs, ...deps }: InstallEventsDeps & { readonly streaming: StreamingRequests },
): void => {
  const hub = createLiveHub({ nameOf: (id: string) => id, look: installs.findWithTimeline });
  server.withTypeProvider<ZodTypeProvider>().get(
    "/v1/installs/:id/events",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "followInstall",
        tags: ["installs"],
        summary: "Follow an install as server-sent events",
        description,
        params: idParams("install"),
        response: {
          200: textAnswer("The events.", { "text/event-stream": "Events `install` and `ended`." }),
          ...problems(404, 429),
        },
      },
    },
    async (request, reply) => {
      const id = knownInstallId(request.params.id);
      const caller = callerOf(request);
      async function* states(signal: AbortSignal): AsyncGenerator<InstallWithTimeline> {
        for await (const install of hub.follow(id, signal)) {
          if (!reaches(caller, install.workspaceId)) return;
          yield install;
        }
      }
      const missing = () => new InstallNotFoundError(id);
      return sendEvents(reply, { states, toEvent: installEvent, missing }, deps);
    },
  );
};
