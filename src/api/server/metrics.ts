import type { FastifyInstance } from "fastify";
import { textAnswer } from "./answers.ts";

/** Metrics as text. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

const description = `In Prometheus' text format. While Redis is unreachable it still answers, with \`perch_redis_up 0\` and without the
metrics that are read from Redis.`;

/** `GET /metrics`. */
export const addMetrics = (
  server: FastifyInstance,
  { exposeMetrics }: { readonly exposeMetrics: () => Promise<Exposition> },
): void => {
  server.get(
    "/metrics",
    {
      config: { scope: "read", reach: "fleet" },
      schema: {
        operationId: "metrics",
        tags: ["service"],
        summary: "Metrics for Prometheus",
        description,
        response: { 200: textAnswer("The metrics.", { "text/plain": "One sample a line." }) },
      },
    },
    async (_request, reply) => {
      const { contentType, text } = await exposeMetrics();
      return reply.type(contentType).send(text);
    },
  );
};
