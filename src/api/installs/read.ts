import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { installSchema, installWithTimelineSchema, isEnded } from "../../install/install.ts";
import { filterMembers, installOrders, statusesSchema } from "../../install/install-filter.ts";
import { cursorSchema, isPositionCursor } from "../../install/values/cursor.ts";
import { isUlid } from "../../install/values/ids.ts";
import { readSearchText, searchSchema } from "../../install/values/search-text.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { textWalkMax } from "../../queue/installs/list-installs.ts";
import type { FindTrace } from "../../queue/installs/trace.ts";
import { callerOf, reachInstallId } from "../auth/reach.ts";
import { answer, problems } from "../server/answers.ts";
import {
  createdMembers,
  flagSchema,
  idParams,
  limitSchema,
  listSchema,
  nextCursorSchema,
  waitSchema,
} from "../server/parameters.ts";
import type { WaitForEnd } from "./wait-for-end.ts";

const { sinceMs: _, untilMs: __, name, ...members } = filterMembers;

const walked = textWalkMax.toLocaleString("en");
const orderRule = `must be one of ${installOrders.join(", ")}`;
const { createdFrom, createdTo } = createdMembers("installs");

const filterSchema = z
  .strictObject({
    ...members,
    status: listSchema(
      statusesSchema,
      "Only installs of these statuses: several are separated by commas, or the parameter is repeated.",
    ),
    q: searchSchema
      .meta({
        description: `A whole id or number, in any writing, of an install, connector or channel is taken for that alone; else a part of the name, an id, a number or a metadata value. A page then looks at ${walked} installs at most, so it may be empty and still have a \`nextCursor\`.`,
      })
      .optional(),
    name: name.meta({
      description: `A part of the name, in any case. A page looks at ${walked} installs at most, so it may be empty and still have a \`nextCursor\`.`,
    }),
    since: createdFrom.meta({ description: "The same as `createdFrom`." }),
    createdFrom,
    createdTo,
    stuck: flagSchema(
      "Only installs whose pause has been over for a minute and that no worker has taken; the 10,000 that are due for longest.",
    ),
    order: z.enum(installOrders, orderRule).default("created").meta({
      description:
        "`created`: newest first. `updated`: only installs that have ended, the latest end first; what has not ended is kept in no order of its changes.",
    }),
    limit: limitSchema,
    cursor: cursorSchema((text) => isUlid(text) || isPositionCursor(text)),
  })
  // One that is no cursor at all is named by its own rule.
  .refine(({ cursor = "", order }) => !(order === "created" ? isPositionCursor : isUlid)(cursor), {
    path: ["cursor"],
    error: "must be the nextCursor of the page before, in the same order",
  })
  .refine(({ status, order }) => order === "created" || status?.every(isEnded) !== false, {
    path: ["status"],
    error: "must be completed, failed or cancelled with order=updated, which lists only what has ended",
  });

const pageSchema = z
  .object({ items: z.array(installSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "InstallPage" });

export interface InstallsDeps {
  readonly installs: Pick<Installs, "find" | "timeline" | "list">;
  readonly findTrace: FindTrace;
}

/** `GET /v1/installs` and `GET /v1/installs/{id}`. */
export const addInstalls = (
  server: FastifyInstance,
  { installs, findTrace, waitForEnd }: InstallsDeps & { readonly waitForEnd: WaitForEnd },
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
        description:
          "Newest first. An install must match all filters. A page may hold fewer items than `limit` and still have a `nextCursor`.",
        querystring: filterSchema,
        response: { 200: answer(pageSchema, "A page of installs.") },
      },
    },
    (request) => {
      const { since, createdFrom: from = since, createdTo: untilMs, q, stuck, ...filter } = request.query;
      const search = q === undefined ? undefined : readSearchText(q);
      const { workspaces: within } = callerOf(request);
      return installs.list({ ...filter, sinceMs: from, untilMs, search, isStuck: stuck, within });
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
      const [timeline, trace] = await Promise.all([installs.timeline(install.id), findTrace(install.id)]);
      return { ...install, timeline, traceId: trace?.traceId };
    },
  );
};
