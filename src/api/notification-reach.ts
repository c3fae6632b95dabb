import { ProblemError } from "../http/problem.ts";
import type { Batches } from "../queue/batches/batches.ts";
import { NotificationNotFoundError, type Notifications } from "../queue/outbox/notifications.ts";
import type { Notification } from "../queue/outbox/view.ts";
import { type Caller, reaches } from "./auth/reach.ts";

export interface NotificationReachDeps {
  readonly batches: Pick<Batches, "isWithin">;
  readonly notifications: Pick<Notifications, "find">;
}

/** Whether a notification goes to a URL, or to its origin. */
export const isOfUrl = (notification: Notification, wanted: string): boolean => {
  const [url, filter] = [URL.parse(notification.url), URL.parse(wanted)];
  if (url === null || filter === null) return false;
  return url.href === filter.href || (filter.href === `${filter.origin}/` && url.origin === filter.origin);
};

/** Whether a notification is about an install or a whole batch within the workspaces the caller reaches. */
export const reachesNotification = async (
  { batches }: Pick<NotificationReachDeps, "batches">,
  caller: Caller,
  { type, subjectId, workspaceId }: Notification,
): Promise<boolean> => {
  if (caller.workspaces === undefined) return true;
  if (type === "batch.finished") return batches.isWithin(subjectId, caller.workspaces);
  return reaches(caller, workspaceId);
};

/** The notification as the caller sees it: a key for some workspaces sees only the host of the operator's own address. */
export const viewForCaller = <T extends Notification>({ workspaces }: Caller, notification: T): T => {
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
export const reachNotificationId = async (
  deps: NotificationReachDeps,
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
export const knownNotificationId = (id: string): string => {
  if (/^msg_\w{1,120}$/.test(id)) return id;
  throw new NotificationNotFoundError(id);
};

/** Whether the caller may act on a notification it sees: a key for some workspaces only on one to its installs' own URL. */
export const mayActOn = async (
  deps: Pick<NotificationReachDeps, "batches">,
  caller: Caller,
  notification: Notification,
): Promise<boolean> =>
  (caller.workspaces === undefined || notification.isCallback) &&
  (await reachesNotification(deps, caller, notification));
