import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { isUlid } from "../install/values/ids.ts";
import type { Logger } from "../log.ts";
import { NotificationNotFoundError, type Notifications } from "../queue/outbox/notifications.ts";
import { type Notification, notificationDetailSchema, notificationSchema } from "../queue/outbox/view.ts";
import { callerOf } from "./auth/reach.ts";
import {
  isOfUrl,
  knownNotificationId,
  type NotificationReachDeps,
  reachesNotification,
  reachNotificationId,
  viewForCaller,
} from "./notification-reach.ts";
import { answer, problems } from "./server/answers.ts";
import { idParams, limitSchema, nextCursorSchema, positionCursorSchema } from "./server/parameters.ts";

const shownSchema = notificationSchema
  .omit({ isCallback: true })
  .meta({ id: "Notification", description: "An outgoing webhook." });
const detailSchema = notificationDetailSchema
  .omit({ isCallback: true })
  .meta({ id: "NotificationDetail", description: "An outgoing webhook and its latest requests." });
const statuses = notificationSchema.shape.status.options;

const pageSchema = z
  .object({ items: z.array(shownSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "NotificationPage" });

const subjectSchema = (what: "install" | "batch") =>
  z
    .string(`must be the id of ${what === "install" ? "an install" : "a batch"}`)
    .refine(isUlid, `must be the id of ${what === "install" ? "an install" : "a batch"}`)
    .meta({ description: `Only notifications about this ${what}.` })
    .optional();

export interface NotificationsDeps extends NotificationReachDeps {
  readonly notifications: Pick<Notifications, "list" | "find" | "findDetail" | "resend">;
  readonly log: Logger;
}

/** `/v1/notifications`. */
export const addNotifications = (server: FastifyInstance, deps: NotificationsDeps): void => {
  const { notifications, log } = deps;
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    "/v1/notifications",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listNotifications",
        tags: ["notifications"],
        summary: "List outgoing webhooks",
        description:
          "Newest first. `status=failed` lists the dead letters. A filtered page reads 5,000 at most, so it may be empty and still have a `nextCursor`.",
        querystring: z.strictObject({
          status: z
            .enum(statuses, `must be one of ${statuses.join(", ")}`)
            .optional()
            .meta({ description: "Only notifications with this status; `failed`: given up." }),
          installId: subjectSchema("install"),
          batchId: subjectSchema("batch"),
          url: z
            .string("must be a URL")
            .refine((text) => URL.canParse(text), "must be a URL")
            .optional()
            .meta({
              description: "Only notifications to this URL, or with an origin alone to any URL of it.",
            }),
          limit: limitSchema,
          cursor: positionCursorSchema,
        }),
        response: { 200: answer(pageSchema, "A page of notifications.") },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { installId, batchId, url, ...others } = request.query;
      if (installId !== undefined && batchId !== undefined) return { items: [] };
      // Compared as the caller sees it, so that a filter tells nothing of a path that is hidden.
      const isShown = async (notification: Notification) =>
        (url === undefined || isOfUrl(viewForCaller(caller, notification), url)) &&
        (await reachesNotification(deps, caller, notification));
      const isAll = caller.workspaces === undefined && url === undefined;
      const { items, nextCursor } = await notifications.list({
        ...others,
        subjectId: installId ?? batchId,
        isShown: isAll ? undefined : isShown,
      });
      return { items: items.map((item) => viewForCaller(caller, item)), nextCursor };
    },
  );
  routes.get(
    "/v1/notifications/:id",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "getNotification",
        tags: ["notifications"],
        summary: "Get an outgoing webhook",
        description: "With its latest requests: when, how long, and how the receiver answered.",
        params: idParams("notification"),
        response: { 200: answer(detailSchema, "The notification."), ...problems(404) },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const id = knownNotificationId(request.params.id);
      const found = await notifications.findDetail(id);
      if (found === undefined || !(await reachesNotification(deps, caller, found)))
        throw new NotificationNotFoundError(id);
      return viewForCaller(caller, found);
    },
  );
  routes.post(
    "/v1/notifications/:id/resend",
    {
      config: { scope: "admin", reach: "workspaces" },
      schema: {
        operationId: "resendNotification",
        tags: ["notifications"],
        summary: "Send a notification again",
        description:
          "For one that was delivered or given up; one that waits for its next request is sent now. It keeps its `webhook-id`; a URL that had answered 410 gets requests again.",
        params: idParams("notification"),
        response: { 200: answer(shownSchema, "The notification."), ...problems(404, 409) },
      },
    },
    async (request) => {
      const id = await reachNotificationId(deps, callerOf(request), request.params.id);
      const notification = await notifications.resend(id);
      log.info({ requestId: request.id, notificationId: notification.id }, "notification queued again");
      return notification;
    },
  );
};
