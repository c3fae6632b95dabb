import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { installSchema, installStatuses, installWithTimelineSchema } from "../../install/install.ts";
import { errorCodes } from "../../install/install-error.ts";
import { installRequestSchema } from "../../install/request.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { callerOf, reachInstallId } from "../auth/reach.ts";
import { answer, problems } from "../server/answers.ts";
import {
  birdIdSchema,
  cursorSchema,
  idParams,
  limitSchema,
  nextCursorSchema,
  waitSchema,
} from "../server/parameters.ts";
import type { WaitForEnd } from "./wait-for-end.ts";

const { workspaceId, phoneNumber } = installRequestSchema.shape;

const filterSchema = z.strictObject({
  status: z.enum(installStatuses, `must be one of ${installStatuses.join(", ")}`).optional(),
  workspaceId: workspaceId.meta({ description: "Bird workspace." }).optional(),
  batchId: z
    .string()
    .regex(/^\w{1,64}$/, "must be the id of a batch")
    .meta({ description: "Only rows of this batch." })
    .optional(),
  phoneNumber: phoneNumber
    .meta({ description: "Phone number with its country code, in any usual writing." })
    .optional(),
  connectorId: birdIdSchema("Bird's connector."),
  channelId: birdIdSchema("Bird's channel."),
  errorCode: z
    .enum(errorCodes, "must be a code of docs/errors.md")
    .meta({ description: "Only installs that failed with this code." })
    .optional(),
  limit: limitSchema,
  cursor: cursorSchema,
});

const pageSchema = z
  .object({ items: z.array(installSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "InstallPage" });

export interface InstallsDeps {
  readonly installs: Pick<Installs, "find" | "timeline" | "list">;
}

/** `GET /v1/installs` and `GET /v1/installs/{id}`. */
export const addInstalls = (
  server: FastifyInstance,
  { installs, waitForEnd }: InstallsDeps & { readonly waitForEnd: WaitForEnd },
): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    "/v1/installs",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listInstalls",
        tags: ["installs"],
        summary: "List installs",
        description: "Newest first. An install must match all filters.",
        querystring: filterSchema,
        response: { 200: answer(pageSchema, "A page of installs.") },
      },
    },
    (request) => installs.list({ ...request.query, within: callerOf(request).workspaces }),
  );
  routes.get(
    "/v1/installs/:id",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "getInstall",
        tags: ["installs"],
        summary: "Get an install",
        description:
          "The install and its timeline. With `wait` the answer is sent once the install has ended, or when the time is up.",
        params: idParams("install"),
        querystring: z.strictObject({ wait: waitSchema }),
        response: { 200: answer(installWithTimelineSchema, "The install."), ...problems(404, 429) },
      },
    },
    async (request, reply) => {
      const id = await reachInstallId({ installs }, callerOf(request), request.params.id);
      const install = await waitForEnd(id, { seconds: request.query.wait, reply });
      return { ...install, timeline: await installs.timeline(install.id) };
    },
  );
};
