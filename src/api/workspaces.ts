import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { prepareInTurn } from "../actions/prepare-in-turn.ts";
import type { PrepareWorkspace } from "../bird/prepare-workspace.ts";
import { ProblemError } from "../http/problem.ts";
import { installRequestSchema, type Requester } from "../install/request.ts";
import { cursorSchema } from "../install/values/cursor.ts";
import type { Logger } from "../log.ts";
import { accessKeyPattern, type ChangeAccessKey } from "../queue/workspaces/change-access-key.ts";
import type { Resumption } from "../queue/workspaces/held-installs.ts";
import type { ListWorkspaces, WorkspaceRow } from "../queue/workspaces/list.ts";
import { by, callerOf, reachWorkspaceId } from "./auth/reach.ts";
import { answer, problems } from "./server/answers.ts";
import { limitSchema, nextCursorSchema, optionalFlagSchema } from "./server/parameters.ts";
import { holdSchema, viewHold, viewWorkspace, workspaceSchema } from "./workspaces-view.ts";

const params = z.object({
  id: installRequestSchema.shape.workspaceId.meta({ description: "Bird workspace." }),
});

const pageSchema = z
  .object({
    items: z.array(workspaceSchema).readonly(),
    nextCursor: nextCursorSchema,
    isComplete: z.boolean().meta({
      description:
        "False for minutes after the update to a version with this list, until the workers have found all workspaces of before.",
    }),
  })
  .meta({ id: "WorkspacePage" });

const resumptionSchema = z
  .object({
    workspaceId: z.string(),
    lifted: holdSchema.optional().meta({ description: "The lifted hold; absent when there was none." }),
    woken: z.int().meta({ description: "Held installs that run now." }),
  })
  .meta({ id: "Resumption" });

const preparedSchema = z
  .object({
    workspaceId: z.string(),
    status: z.enum(["present", "created", "missing", "unavailable"]).meta({
      description: "missing: there is none and `fix` says what to do; unavailable: Bird did not answer.",
    }),
    url: z.string().optional().meta({ description: "Address of the events." }),
    reason: z.string().optional(),
    fix: z.string().optional().meta({ description: "What an operator has to do." }),
  })
  .meta({ id: "PreparedWorkspace" });

const changeSchema = z
  .object({
    workspaceId: z.string(),
    accessKey: z.enum(["stored", "removed", "none"]).meta({ description: "none: there was none to remove." }),
    woken: z.int().optional().meta({
      description:
        "Installs that run now; absent unless the workspace was held because Bird refused its key.",
    }),
  })
  .meta({ id: "AccessKeyChange" });

const keyBodySchema = z.strictObject({
  accessKey: z
    .string("must be an access key of Bird")
    .regex(accessKeyPattern, "must be one line of printable ASCII without spaces, at most 4096 characters")
    .meta({ description: "Write-only: stored sealed, never shown or logged.", writeOnly: true }),
});

/** How long a request waits while another process prepares the same workspace. */
const busyMaxMs = 10_000;

export interface WorkspacesDeps {
  readonly findWorkspace: (workspaceId: string) => Promise<WorkspaceRow>;
  readonly listWorkspaces: ListWorkspaces;
  readonly resumeWorkspace: (workspaceId: string, requester?: Requester) => Promise<Resumption>;
  readonly prepareWorkspace: PrepareWorkspace;
  readonly changeAccessKey: ChangeAccessKey;
  readonly log: Logger;
}

/** `/v1/workspaces`. */
export const addWorkspaces = (server: FastifyInstance, deps: WorkspacesDeps): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    "/v1/workspaces",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listWorkspaces",
        tags: ["workspaces"],
        summary: "List workspaces",
        description:
          "By their ids: every workspace that has had an install or was given an access key, or those that the key is for.",
        querystring: z.strictObject({
          held: optionalFlagSchema("true: only those that are held; false: only the others."),
          q: z.string().min(1).max(36).optional().meta({ description: "Part of the id, in any case." }),
          limit: limitSchema,
          cursor: cursorSchema((text) => params.shape.id.safeParse(text).success),
        }),
        response: { 200: answer(pageSchema, "A page of workspaces.") },
      },
    },
    async (request) => {
      const { held, q, limit, cursor } = request.query;
      const { workspaces: within } = callerOf(request);
      const page = await deps.listWorkspaces({ held, text: q, limit, after: cursor?.toLowerCase(), within });
      return { ...page, items: page.items.map(viewWorkspace) };
    },
  );
  routes.get(
    "/v1/workspaces/:id",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "getWorkspace",
        tags: ["workspaces"],
        summary: "Get a workspace",
        description:
          "Whether its installs are held, why and until when; and whether Bird sends Perch its channel events.",
        params,
        response: { 200: answer(workspaceSchema, "The workspace."), ...problems(404) },
      },
    },
    async (request) =>
      viewWorkspace(await deps.findWorkspace(reachWorkspaceId(callerOf(request), request.params.id))),
  );
  routes.post(
    "/v1/workspaces/:id/resume",
    {
      config: { scope: "admin", reach: "workspaces" },
      schema: {
        operationId: "resumeWorkspace",
        tags: ["workspaces"],
        summary: "Lift a workspace's hold",
        description:
          "Its installs run now. For use after the access key is fixed or the limit at Bird is raised.",
        params,
        response: { 200: answer(resumptionSchema, "What was lifted."), ...problems(404) },
      },
    },
    async (request) => {
      const { id: requestId } = request;
      const id = reachWorkspaceId(callerOf(request), request.params.id);
      const { lifted, woken } = await deps.resumeWorkspace(id, by(request));
      deps.log.info({ requestId, workspaceId: id, reason: lifted?.reason, woken }, "workspace resumed");
      return { workspaceId: id, lifted: lifted && viewHold(lifted), woken };
    },
  );
  addPrepare(server, deps);
  addAccessKey(server, deps);
};

const addPrepare = (
  server: FastifyInstance,
  { prepareWorkspace, log }: Pick<WorkspacesDeps, "prepareWorkspace" | "log">,
): void => {
  server.withTypeProvider<ZodTypeProvider>().post(
    "/v1/workspaces/:id/prepare",
    {
      config: { scope: "admin", reach: "workspaces" },
      schema: {
        operationId: "prepareWorkspace",
        tags: ["workspaces"],
        summary: "Make sure that Bird sends a workspace's events",
        description:
          "Creates the subscription to channel.created unless there is one. With `rotate` it makes a new one with the present signing key, then deletes the old one.",
        params,
        querystring: z.strictObject({
          rotate: optionalFlagSchema(
            "Make a new subscription although there is one, and delete the old one.",
          ),
        }),
        response: { 200: answer(preparedSchema, "What is there now."), ...problems(404, 409) },
      },
    },
    async (request) => {
      const id = reachWorkspaceId(callerOf(request), request.params.id);
      const { rotate = false } = request.query;
      const prepared = await prepareInTurn(prepareWorkspace, id, { rotate, limitMs: busyMaxMs });
      if (prepared === undefined)
        throw new ProblemError({
          status: 409,
          code: "wrong_state",
          detail: "Another process prepares this workspace: send the request again in some seconds.",
        });
      const { id: requestId } = request;
      log.info({ requestId, workspaceId: id, status: prepared.status }, "workspace prepared");
      return prepared;
    },
  );
};

const addAccessKey = (
  server: FastifyInstance,
  { changeAccessKey, log }: Pick<WorkspacesDeps, "changeAccessKey" | "log">,
): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const config = { scope: "admin", reach: "workspaces" } as const;
  const change = async (
    request: Parameters<typeof callerOf>[0] & { readonly id: string },
    of: { readonly workspaceId: string; readonly accessKey: string | undefined },
  ) => {
    const workspaceId = reachWorkspaceId(callerOf(request), of.workspaceId);
    const { key, woken } = await changeAccessKey(workspaceId, of.accessKey, by(request));
    log.info({ requestId: request.id, workspaceId, what: key, woken }, "access key changed");
    return { workspaceId, accessKey: key, woken };
  };
  routes.put(
    "/v1/workspaces/:id/access-key",
    {
      config,
      schema: {
        operationId: "storeAccessKey",
        tags: ["workspaces"],
        summary: "Store a workspace's own access key",
        description:
          "Sealed; Bird is called with it for this workspace within five seconds. Installs that are held because the former key was refused run now.",
        params,
        body: keyBodySchema,
        bodyExamples: { key: { summary: "An access key", value: { accessKey: "any-access-key" } } },
        response: { 200: answer(changeSchema, "It is stored."), ...problems(404) },
      },
    },
    (request) => change(request, { workspaceId: request.params.id, accessKey: request.body.accessKey }),
  );
  routes.delete(
    "/v1/workspaces/:id/access-key",
    {
      config,
      schema: {
        operationId: "removeAccessKey",
        tags: ["workspaces"],
        summary: "Remove a workspace's own access key",
        description: "Bird is called with BIRD_ACCESS_KEY again.",
        params,
        response: { 200: answer(changeSchema, "There is none any more."), ...problems(404) },
      },
    },
    (request) => change(request, { workspaceId: request.params.id, accessKey: undefined }),
  );
};
