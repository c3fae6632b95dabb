import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { installRequestSchema, type Requester } from "../install/request.ts";
import { isoTime } from "../install/shown-text.ts";
import { holdReasons, problemText, type SubscriptionState } from "../install/workspace-state.ts";
import type { Logger } from "../log.ts";
import type { Hold } from "../queue/gate/holds.ts";
import type { Resumption } from "../queue/workspaces/held-installs.ts";
import type { WorkspaceState } from "../queue/workspaces/workspaces.ts";
import { by, callerOf, reachWorkspaceId } from "./auth/reach.ts";
import { answer, problems } from "./server/answers.ts";

const params = z.object({
  id: installRequestSchema.shape.workspaceId.meta({ description: "Bird workspace." }),
});

const holdSchema = z
  .object({
    reason: z.enum(holdReasons).meta({
      description: "Bird asked to slow down, or refuses the access key.",
    }),
    until: z.string().meta({ description: "When it ends by itself. ISO 8601, UTC." }),
  })
  .meta({ id: "Hold" });

const subscriptionSchema = z
  .object({
    status: z.enum(["present", "missing", "unavailable"]).meta({
      description: "Whether Bird sends channel.created to Perch; unavailable: Bird did not answer.",
    }),
    checkedAt: z.string().meta({ description: "When Perch last checked. ISO 8601, UTC." }),
    url: z.string().optional().meta({ description: "Address of the events." }),
    reason: z.string().optional().meta({ description: "Why no subscription is known, and what to do." }),
  })
  .meta({ id: "Subscription" });

const workspaceSchema = z
  .object({
    workspaceId: z.string(),
    hold: holdSchema.optional().meta({ description: "Absent while the workspace is not held." }),
    subscription: subscriptionSchema
      .optional()
      .meta({ description: "Absent until Perch has checked: see perch workspaces prepare." }),
    installs: z.int().meta({ description: "Installs that are kept, in any status." }),
    heldInstalls: z.int().meta({ description: "Installs that wait for the hold to end." }),
  })
  .meta({
    id: "Workspace",
    description: "What Perch knows about a Bird workspace; without data for an unknown one.",
  });

const resumptionSchema = z
  .object({
    workspaceId: z.string(),
    lifted: holdSchema.optional().meta({ description: "The lifted hold; absent when there was none." }),
    woken: z.int().meta({ description: "Held installs that run now." }),
  })
  .meta({ id: "Resumption" });

export interface WorkspacesDeps {
  readonly findWorkspace: (workspaceId: string) => Promise<WorkspaceState>;
  readonly resumeWorkspace: (workspaceId: string, requester?: Requester) => Promise<Resumption>;
  readonly log: Logger;
}

/** `/v1/workspaces`. */
export const addWorkspaces = (server: FastifyInstance, deps: WorkspacesDeps): void => {
  const routes = server.withTypeProvider<ZodTypeProvider>();
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
    async (request) => {
      const id = reachWorkspaceId(callerOf(request), request.params.id);
      const { hold, subscription, ...state } = await deps.findWorkspace(id);
      return {
        ...state,
        hold: hold && viewHold(hold),
        subscription: subscription && viewSubscription(subscription),
      };
    },
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
};

/** A workspace's hold in the API's form. */
export const viewHold = ({ reason, untilMs }: Hold) => ({ reason, until: isoTime(untilMs) });

/** A workspace's subscription state in the API's form. */
const viewSubscription = ({ status, checkedAtMs, url, problem }: SubscriptionState) => ({
  status,
  checkedAt: isoTime(checkedAtMs),
  url,
  reason: problem && problemText(problem),
});
