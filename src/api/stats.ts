import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { statsHoursMax, statsSchema } from "../install/stats.ts";
import type { Logger } from "../log.ts";
import type { ReadStats } from "../queue/stats/stats.ts";
import { answer, problems, textAnswer } from "./server/answers.ts";
import { type StateEvent, sendEvents } from "./server/event-stream.ts";
import { createLiveHub } from "./server/live-hub.ts";
import { hoursSchema } from "./server/parameters.ts";
import type { StreamingRequests } from "./server/streaming.ts";

const eventsDescription = `Sends \`stats\` at once and every two seconds. The data of each event are those of \`GET /v1/stats\`, so a client that
reconnects needs no \`Last-Event-ID\`. The stream ends with the session or the process alone. All streams of as many hours
share one look at the figures.`;

/** The figures change with every install, so they are looked at less often than one batch. */
const lookEveryMs = 2000;

export interface StatsDeps {
  readonly readStats: ReadStats;
  readonly log: Logger;
}

export const statsEvent = (): StateEvent => ({ name: "stats", isLast: false });

const description = `What is in hand now, and what happened in each of the last hours, by Redis's clock. \`created\` and \`kept\` are exact, of what Redis
keeps. The other figures of an hour are counted by the processes, which write them to Redis every five seconds: a process that is
killed loses the last five, and hours before the update to a version that counts have none. They are kept for eight days. What is
now is read at most once a second in a process, and an hour that is over once a minute, however many ask.`;

const querySchema = z.strictObject({ hours: hoursSchema(statsHoursMax) });

/** `GET /v1/stats` and `GET /v1/stats/events`. */
export const addStats = (
  server: FastifyInstance,
  { readStats, ...deps }: StatsDeps & { readonly streaming: StreamingRequests },
): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    "/v1/stats",
    {
      // The counts of an hour do not tell workspaces apart.
      config: { scope: "read", reach: "fleet" },
      schema: {
        operationId: "getStats",
        tags: ["service"],
        summary: "Get figures of the fleet, now and by the hour",
        description,
        querystring: querySchema,
        response: { 200: answer(statsSchema, "The figures.") },
      },
    },
    ({ query }) => readStats(query),
  );
  const hub = createLiveHub({
    everyMs: lookEveryMs,
    nameOf: (hours: number) => String(hours),
    look: (hours: number) => readStats({ hours }),
  });
  routes.get(
    "/v1/stats/events",
    {
      config: { scope: "read", reach: "fleet" },
      schema: {
        operationId: "followStats",
        tags: ["service"],
        summary: "Follow the figures of the fleet as server-sent events",
        description: eventsDescription,
        querystring: querySchema,
        response: {
          200: textAnswer("The events.", { "text/event-stream": "Events `stats`." }),
          ...problems(429),
        },
      },
    },
    async ({ query }, reply) => {
      const states = (signal: AbortSignal) => hub.follow(query.hours, signal);
      const missing = () => new TypeError("There are always figures.");
      return sendEvents(reply, { states, toEvent: statsEvent, missing }, deps);
    },
  );
};
