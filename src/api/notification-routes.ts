import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Notification } from "../queue/notification-view.ts";
import { answer, problems } from "./answers.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { Members } from "./install-schema.ts";
import { cursorSchema, idParams, limitSchema, nextCursorSchema } from "./parameters.ts";
import { callerOf } from "./reach.ts";
import { reachesNotification, reachNotificationId, viewForCaller } from "./reach-notification.ts";

const statuses = ["pending", "delivered", "failed"] as const;

const notificationSchema = z
  .object({
    id: z.string().meta({ description: "The `webhook-id` it is sent with." }),
    type: z.enum(["install.completed", "install.failed", "install.cancelled", "batch.finished"]),
    url: z.string(),
    status: z.enum(statuses).meta({ description: "`failed` are the dead letters: given up." }),
    subjectId: z.string().meta({ description: "Id of the install or batch it is about." }),
    workspaceId: z.string().optional().meta({ description: "Workspace of the install it is about." }),
    attempts: z.int(),
    createdAt: z.string(),
    nextAttemptAt: z.string().optional(),
    deliveredAt: z.string().optional(),
    lastStatus: z.int().optional().meta({ description: "HTTP status of the latest answer." }),
    lastError: z.string().optional(),
  } satisfies Members<Omit<Notification, "isCallback">>)
  .meta({ id: "Notification", description: "An outgoing webhook." });

const pageSchema = z
  .object({ items: z.array(notificationSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "NotificationPage" });

/** `/v1/notifications`. */
export const addNotifications = (
  server: FastifyInstance,
  deps: Pick<ApiDeps, "batches" | "notifications" | "log">,
): void => {
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
        description: "Newest first. `status=failed` lists the dead letters.",
        querystring: z.strictObject({
          status: z.enum(statuses, `must be one of ${statuses.join(", ")}`).optional(),
          limit: limitSchema,
          cursor: cursorSchema,
        }),
        response: { 200: answer(pageSchema, "A page of notifications.") },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const isShown =
        caller.workspaces === undefined
          ? undefined
          : (notification: Notification) => reachesNotification(deps, caller, notification);
      const { items, nextCursor } = await notifications.list({ ...request.query, isShown });
      return { items: items.map((item) => viewForCaller(caller, item)), nextCursor };
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
          "For one that was delivered or given up. It keeps its `webhook-id`; a URL that had answered 410 is told again.",
        params: idParams("notification"),
        response: { 200: answer(notificationSchema, "The notification."), ...problems(404, 409) },
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
