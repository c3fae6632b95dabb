import { ProblemError } from "../http/problem.ts";
import type { Notification } from "../queue/notification-view.ts";
import { NotificationNotFoundError } from "../queue/notifications.ts";
import type { ApiDeps } from "./api-deps.ts";
import { type Caller, reaches } from "./reach.ts";

type Deps = Pick<ApiDeps, "batches" | "notifications">;

/** Whether a notification is of an install, or of a whole batch, within the workspaces the caller reaches. */
export const reachesNotification = async (
  { batches }: Pick<Deps, "batches">,
  caller: Caller,
  { type, subjectId, workspaceId }: Notification,
): Promise<boolean> => {
  if (caller.workspaces === undefined) return true;
  if (type === "batch.finished") return batches.isWithin(subjectId, caller.workspaces);
  return reaches(caller, workspaceId);
};

/** The notification as the caller sees it: of the operator's own address, a key for some workspaces is told the host. */
export const viewForCaller = ({ workspaces }: Caller, notification: Notification): Notification => {
  const { url, isCallback } = notification;
  if (workspaces === undefined || isCallback) return notification;
  return { ...notification, url: URL.parse(url)?.origin ?? "" };
};

/**
 * The id of a notification the caller may have sent again.
 *
 * @throws {NotificationNotFoundError} also for one that the caller does not reach.
 * @throws {ProblemError} 403: it goes to NOTIFY_URL, and sending it again tells that address of others' installs again.
 */
export const reachNotificationId = async (deps: Deps, caller: Caller, id: string): Promise<string> => {
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

/** Redis holds other things under names that are no ids. @throws {NotificationNotFoundError} */
const knownNotificationId = (id: string): string => {
  if (/^msg_\w{1,120}$/.test(id)) return id;
  throw new NotificationNotFoundError(id);
};
