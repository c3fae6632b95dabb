import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { InstallStatus } from "../../install/install.ts";
import { filterMembers } from "../../install/install-filter.ts";
import { ulidCursorSchema } from "../../install/values/cursor.ts";
import { isUlid } from "../../install/values/ids.ts";
import { readSearchText, searchSchema } from "../../install/values/search-text.ts";
import type { Logger } from "../../log.ts";
import {
  cancelledStatuses,
  type ManyActions,
  type ManyFilter,
  manyCancelledSchema,
  manyRetriedSchema,
  retriedStatuses,
} from "../../queue/actions/many.ts";
import { by, callerOf } from "../auth/reach.ts";
import type { BodyExamples } from "../openapi/openapi.ts";
import { answer } from "../server/answers.ts";
import { createdMembers } from "../server/parameters.ts";
import { createChangeSchema } from "./body.ts";

const idsMax = 1000;
const idRule = "must be the id of an install";
const idsRule = `must be a list of 1 to ${idsMax} ids`;
const noFilter = "must name at least one thing the installs have in common, or their ids";

const { sinceMs: _, untilMs: __, status: ___, ...members } = filterMembers;

const filterSchema = (statuses: readonly InstallStatus[]) => {
  const statusRule = `must be a list of ${statuses.join(", ")}`;
  return z
    .strictObject(
      {
        ...members,
        ids: z
          .array(z.string(idRule).refine(isUlid, idRule), idsRule)
          .min(1, idsRule)
          .max(idsMax, idsRule)
          .optional()
          .meta({ description: "The installs by their ids, instead of what they have in common." }),
        status: z
          .array(z.enum(statuses, statusRule), statusRule)
          .min(1, statusRule)
          .optional()
          .meta({ description: `Only installs of these statuses; absent: ${statuses.join(", ")}.` }),
        q: searchSchema.optional(),
        ...createdMembers("installs"),
        stuck: z.boolean("must be true or false").optional().meta({
          description: "Only installs whose pause has been over for a minute and that no worker has taken.",
        }),
      },
      {
        error: ({ code }) =>
          code === "invalid_type" ? "must be an object with members of a filter" : undefined,
      },
    )
    .refine((filter) => Object.values(filter).some((value) => value !== undefined), noFilter)
    .refine(
      ({ ids, ...others }) => ids === undefined || Object.values(others).every((v) => v === undefined),
      {
        path: ["ids"],
        error: "must not stand beside other members: the ids say it all",
      },
    )
    .transform(({ ids, q, createdFrom, createdTo, stuck, ...filter }): ManyFilter => {
      if (ids !== undefined) return { ids };
      const search = q === undefined ? undefined : readSearchText(q);
      return { ...filter, search, sinceMs: createdFrom, untilMs: createdTo, isStuck: stuck };
    })
    .meta({
      description:
        "Which installs: those that match all members, as in the list of installs. At least one member, so that an empty filter does not act on everything.",
    });
};

const dryRun = z
  .boolean("must be true or false")
  .optional()
  .meta({ description: "Only counts matching installs." });
const cursor = ulidCursorSchema.meta({
  description: "`nextCursor` of the call before, to go on from there.",
});

const examples = (action: { readonly filter: object; readonly more?: object }) =>
  ({
    count: {
      summary: "How many it would be",
      value: { filter: { q: "acme", createdFrom: "2026-11-28" }, dryRun: true },
    },
    filter: { summary: "All that match", value: { filter: action.filter, ...action.more } },
    ids: { summary: "Some by their ids", value: { filter: { ids: ["01M8K2ZF340A9VCTMNHBHYFMX8"] } } },
  }) as const satisfies BodyExamples;

const bounds =
  "A call looks at some installs and acts on 1,000 at most, newest first; while `isComplete` is false, the same body with `cursor` set to `nextCursor` goes on. Repeating it is safe.";

export interface ManyInstallsDeps {
  readonly manyActions: ManyActions;
  /** `NOTIFY_ALLOW_PRIVATE`: addresses of webhooks may be http. */
  readonly allowsHttp: boolean;
  readonly log: Logger;
}

/** Adds the actions on many installs: retry and cancel by a filter. */
export const addManyInstallActions = (server: FastifyInstance, deps: ManyInstallsDeps): void => {
  const { manyActions, log } = deps;
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.post(
    "/v1/installs/retry",
    {
      config: { scope: "write", reach: "workspaces" },
      schema: {
        operationId: "retryInstalls",
        tags: ["installs"],
        summary: "Retry failed and cancelled installs by a filter",
        description: bounds,
        bodyExamples: examples({
          filter: { errorCode: "unauthorized" },
          more: { replace: { accessToken: "EAAG-renewed-token" } },
        }),
        body: z.strictObject({
          filter: filterSchema(retriedStatuses),
          replace: createChangeSchema(deps)
            .optional()
            .meta({ description: "Members of their requests to replace, the same in each." }),
          dryRun,
          cursor,
        }),
        response: { 200: answer(manyRetriedSchema, "The matched and retried installs.") },
      },
    },
    async (request) => {
      const { workspaces: within } = callerOf(request);
      const done = await manyActions.retry({ ...request.body, within, ...by(request) });
      const { matched, retried } = done;
      if (request.body.dryRun !== true)
        log.info({ requestId: request.id, matched, retried }, "installs queued again by a filter");
      return done;
    },
  );
  routes.post(
    "/v1/installs/cancel",
    {
      config: { scope: "write", reach: "workspaces" },
      schema: {
        operationId: "cancelInstalls",
        tags: ["installs"],
        summary: "Cancel installs by a filter",
        description: `Ends installs that have not ended, as cancelling each of them does. ${bounds}`,
        bodyExamples: examples({ filter: { status: ["held", "retrying"], createdTo: "1d" } }),
        body: z.strictObject({ filter: filterSchema(cancelledStatuses), dryRun, cursor }),
        response: { 200: answer(manyCancelledSchema, "The matched installs, and those that are to end.") },
      },
    },
    async (request) => {
      const { workspaces: within } = callerOf(request);
      const done = await manyActions.cancel({ ...request.body, within, ...by(request) });
      const { matched, cancelled } = done;
      if (request.body.dryRun !== true)
        log.info({ requestId: request.id, matched, cancelled }, "installs are to be cancelled by a filter");
      return done;
    },
  );
};
