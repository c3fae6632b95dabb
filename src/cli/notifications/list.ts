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
  else
    io.stdout.write(
      fittingTable(
        [
          { title: "receiver", max: 80 },
          { title: "accepted", max: 8 },
          { title: "delivered", max: 9 },
          { title: "waiting", max: 9 },
          { title: "given up", max: 9 },
          { title: "answer", max: 6 },
          { title: "age", max: 5 },
        ],
        items.map(({ url, successRate, delivered, pending, failing, dead, lastStatus, lastAttemptAt }) => [
          url,
          successRate === undefined ? "" : `${Math.floor(successRate * 100)} %`,
          String(delivered),
          String(pending + failing),
          String(dead),
          String(lastStatus ?? ""),
          lastAttemptAt === undefined ? "" : ageOf(lastAttemptAt, now()),
        ]),
      ),
    );
  if (!isComplete) printNote(io, "Counted over the newest notifications only; there are older ones.");
  return exitCode.done;
};

const tableOf = (items: readonly Notification[], nowMs: number): string =>
  fittingTable(
    [
      { title: "age", max: 5 },
      { title: "id", max: 64 },
      { title: "status", max: 9 },
      { title: "requests", max: 8 },
      { title: "answer", max: 6 },
      { title: "receiver", max: 80 },
      { title: "why", max: 120 },
    ],
    items.map(({ createdAt, id, status, attempts, lastStatus, url, lastError }) => [
      ageOf(createdAt, nowMs),
      id,
      status,
      String(attempts),
      String(lastStatus ?? ""),
      url,
      lastError ?? "",
    ]),
  );
