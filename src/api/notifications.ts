import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { ProblemError } from "../http/problem.ts";
import type { Logger } from "../log.ts";
import type { Batches } from "../queue/batches/batches.ts";
import { NotificationNotFoundError, type Notifications } from "../queue/outbox/notifications.ts";
import { type Notification, notificationSchema } from "../queue/outbox/view.ts";
import { type Caller, callerOf, reaches } from "./auth/reach.ts";
import { answer, problems } from "./server/answers.ts";
import { idParams, limitSchema, nextCursorSchema, positionCursorSchema } from "./server/parameters.ts";

const shownSchema = notificationSchema
  .omit({ isCallback: true })
  .meta({ id: "Notification", description: "An outgoing webhook." });
const statuses = notificationSchema.shape.status.options;

const pageSchema = z
  .object({ items: z.array(shownSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "NotificationPage" });

export interface NotificationsDeps {
  readonly batches: Pick<Batches, "isWithin">;
  readonly notifications: Pick<Notifications, "list" | "find" | "resend">;
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
        description: "Newest first. `status=failed` lists the dead letters.",
        querystring: z.strictObject({
          status: z.enum(statuses, `must be one of ${statuses.join(", ")}`).optional(),
          limit: limitSchema,
          cursor: positionCursorSchema,
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
          "For one that was delivered or given up. It keeps its `webhook-id`; a URL that had answered 410 gets requests again.",
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

/** Whether a notification is about an install or a whole batch within the workspaces the caller reaches. */
const reachesNotification = async (
  { batches }: Pick<NotificationsDeps, "batches">,
  caller: Caller,
  { type, subjectId, workspaceId }: Notification,
): Promise<boolean> => {
  if (caller.workspaces === undefined) return true;
  if (type === "batch.finished") return batches.isWithin(subjectId, caller.workspaces);
  return reaches(caller, workspaceId);
};

/** The notification as the caller sees it: a key for some workspaces sees only the host of the operator's own address. */
const viewForCaller = ({ workspaces }: Caller, notification: Notification): Notification => {
  const { url, isCallback } = notification;
  if (workspaces === undefined || isCallback) return notification;
  return { ...notification, url: URL.parse(url)?.origin ?? "" };
};

/**
 * Validates a notification's id, and checks that the caller may have it sent again.
 *
 * @throws {NotificationNotFoundError} also for one that the caller does not reach.
 * @throws {ProblemError} 403: it goes to NOTIFY_URL, which also receives other workspaces' notifications.
 */
const reachNotificationId = async (
  deps: Pick<NotificationsDeps, "batches" | "notifications">,
  caller: Caller,
  id: string,
): Promise<string> => {
  const notificationId = knownNotificationId(id);
  if (caller.workspaces === undefined) return notificationId;
  const found = await deps.notifications.find(notificationId);
  if (found === undefined || !(await reachesNotification(deps, caller, found)))
    throw new NotificationNotFoundError(notificationId);
  if (found.isCallback) return notificationId;
  throw new ProblemError({
    status: 403,
    code: "forbidden",
    detail: `This one goes to the operator's address; ${caller.name} is a key for some workspaces only.`,
  });
};

/** Validates the form of an id, because Redis holds other things under other names. @throws {NotificationNotFoundError} */
const knownNotificationId = (id: string): string => {
  if (/^msg_\w{1,120}$/.test(id)) return id;
  throw new NotificationNotFoundError(id);
};
