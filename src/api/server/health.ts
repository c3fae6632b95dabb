import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { answer, problems } from "./answers.ts";

const okSchema = z.object({ status: z.literal("ok") }).meta({ id: "Health" });

export interface HealthDeps {
  /** Resolves when Redis takes writes. @throws {RedisUnavailableError} */
  readonly ready: () => Promise<unknown>;
}

/** `/healthz` and `/readyz`. */
export const addHealth = (server: FastifyInstance, { ready }: HealthDeps): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    "/healthz",
    {
      config: { scope: "open" },
      schema: {
        operationId: "health",
        tags: ["service"],
        summary: "Whether the process is alive",
        description: "Depends on no other service.",
        response: { 200: answer(okSchema, "It is.") },
      },
    },
    () => ({ status: "ok" as const }),
  );
  routes.get(
    "/readyz",
    {
      config: { scope: "open" },
      schema: {
        operationId: "ready",
        tags: ["service"],
        summary: "Whether the process can serve",
        description:
          "Sends Redis a write. 503 with the reason when Redis refuses it: unreachable, full, a replica, …",
        response: { 200: answer(okSchema, "It can."), ...problems(503) },
      },
    },
    async () => {
      await ready();
      return { status: "ok" as const };
    },
  );
};
