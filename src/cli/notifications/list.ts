import { isPositionCursor } from "../../install/values/cursor.ts";
import type { Notifications } from "../../queue/outbox/notifications.ts";
import type { CountedNotifications } from "../../queue/outbox/receivers.ts";
import { isSameUrl, receiversOf } from "../../queue/outbox/receivers.ts";
import type { Notification } from "../../queue/outbox/view.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io, printJson, printNote } from "../terminal/io.ts";
import { isPage, printPage } from "../terminal/page.ts";
import { fittingTable } from "../terminal/plain-table.ts";

export interface NotificationsListArgs {
  readonly status?: Notification["status"] | undefined;
  readonly url?: string | undefined;
  /** Receivers instead of notifications. */
  readonly receivers: boolean;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly json: boolean;
}

interface Deps {
  readonly io: Io;
  readonly notifications: Pick<Notifications, "list">;
  readonly readCounted: () => Promise<CountedNotifications>;
  readonly now?: () => number;
}

/** `perch notifications list`: outgoing webhooks, newest first, one page; or their receivers. */
export const notificationsListCommand = async (deps: Deps, args: NotificationsListArgs): Promise<number> => {
  const { io, now = Date.now } = deps;
  const { status, url, limit, cursor, json } = args;
  if (!isPage(io, { limit, cursor }, isPositionCursor)) return exitCode.wrongUsage;
  if (args.receivers) return listReceivers(deps, args);
  const isShown =
    url === undefined ? undefined : async (one: Notification): Promise<boolean> => isSameUrl(one.url, url);
  const page = await deps.notifications.list({ status, limit, cursor, isShown });
  return printPage(io, page, {
    isJson: json,
    table: (items) => tableOf(items, now()),
    none: page.nextCursor === undefined ? "No notifications." : undefined,
  });
};

const listReceivers = async (
  { io, readCounted, now = Date.now }: Deps,
  { limit, json }: NotificationsListArgs,
): Promise<number> => {
  const { isComplete, ...counted } = await readCounted();
  const all = receiversOf(counted);
  const items = all.slice(0, limit);
  if (json) {
    printJson(io, { items, isComplete: isComplete && all.length <= limit });
    return exitCode.done;
  }
  if (items.length === 0) printNote(io, "No notifications.");
  else io.stdout.write(receiversTable(items, now()));
  if (!isComplete) printNote(io, "Counted over the newest notifications only; there are older ones.");
  return exitCode.done;
};

const receiversTable = (receivers: ReturnType<typeof receiversOf>, nowMs: number): string =>
  fittingTable(receivers, [
    { title: "receiver", max: 80, of: ({ url }) => url },
    {
      title: "accepted",
      max: 8,
      of: ({ successRate: rate }) => (rate === undefined ? "" : `${Math.floor(rate * 100)} %`),
    },
    { title: "delivered", max: 9, of: ({ delivered }) => delivered },
    { title: "waiting", max: 9, of: ({ pending, failing }) => pending + failing },
    { title: "given up", max: 9, of: ({ dead }) => dead },
    { title: "answer", max: 6, of: ({ lastStatus }) => lastStatus },
    { title: "age", max: 5, of: ({ lastAttemptAt: at }) => at && ageOf(at, nowMs) },
  ]);

const tableOf = (items: readonly Notification[], nowMs: number): string =>
  fittingTable(items, [
    { title: "age", max: 5, of: ({ createdAt }) => ageOf(createdAt, nowMs) },
    { title: "id", max: 64, of: ({ id }) => id },
    { title: "status", max: 9, of: ({ status }) => status },
    { title: "requests", max: 8, of: ({ attempts }) => attempts },
    { title: "answer", max: 6, of: ({ lastStatus }) => lastStatus },
    { title: "receiver", max: 80, of: ({ url }) => url },
    { title: "why", max: 120, of: ({ lastError }) => lastError },
  ]);
