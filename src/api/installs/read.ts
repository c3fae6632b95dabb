import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { installSchema, installStatuses, installWithTimelineSchema } from "../../install/install.ts";
import { errorCodes } from "../../install/install-error.ts";
import { installRequestSchema } from "../../install/request.ts";
import { sinceMsOf, sinceRule } from "../../install/since.ts";
import { type Installs, nameWalkMax } from "../../queue/installs/installs.ts";
import { callerOf, reachInstallId } from "../auth/reach.ts";
import { answer, problems } from "../server/answers.ts";
import {
  birdIdSchema,
  idParams,
  limitSchema,
  listSchema,
  nextCursorSchema,
  ulidCursorSchema,
  waitSchema,
} from "../server/parameters.ts";
import type { WaitForEnd } from "./wait-for-end.ts";

const { workspaceId, phoneNumber } = installRequestSchema.shape;

const statusRule = `must be one or more of ${installStatuses.join(", ")}`;

const statusesSchema = listSchema(
  z
    .array(z.enum(installStatuses, statusRule), statusRule)
    .min(1, statusRule)
    .max(installStatuses.length, statusRule),
  "Only installs of these statuses: several are separated by commas, or the parameter is repeated.",
);

const sinceSchema = z
  .string(sinceRule)
  .refine((text) => sinceMsOf(text, Date.now()) !== undefined, sinceRule)
  .meta({
    description:
      "Only installs queued then or later: a duration before now (`30m`, `2h`, `3d`), a day, or an ISO 8601 time; UTC without an offset.",
  });

const filterSchema = z.strictObject({
  status: statusesSchema,
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
  name: z
    .string("must be a part of a name")
    .min(1, "must be a part of a name")
    .max(255, "must be 255 characters at most")
    .meta({
      description: `A part of the name, in any case. A page looks at ${nameWalkMax} installs at most, so it may be empty and still have a \`nextCursor\`.`,
    })
    .optional(),
  since: sinceSchema.optional(),
  limit: limitSchema,
  cursor: ulidCursorSchema,
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
    (request) => {
      const { since, ...filter } = request.query;
      const sinceMs = since === undefined ? undefined : sinceMsOf(since, Date.now());
      return installs.list({ ...filter, sinceMs, within: callerOf(request).workspaces });
    },
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
