import { plural } from "../../install/values/shown-text.ts";
import {
  NotificationNotFoundError,
  NotificationStateError,
  type Notifications,
} from "../../queue/outbox/notifications.ts";
import { isSameUrl } from "../../queue/outbox/receivers.ts";
import type { ResendMany } from "../../queue/outbox/resend-many.ts";
import type { Notification } from "../../queue/outbox/view.ts";
import { confirmOrExit } from "../terminal/confirm.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";

export interface NotificationsResendArgs {
  /** One notification, also one that was delivered; undefined: dead letters. */
  readonly id?: string | undefined;
  /** The receiver; undefined: every one. */
  readonly url?: string | undefined;
  readonly all: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

interface Deps {
  readonly io: Io;
  readonly notifications: Pick<Notifications, "resend">;
  readonly resendMany: ResendMany;
}

/** `perch notifications resend`: sends one notification, or all dead letters of a receiver or of every one, again. */
export const notificationsResendCommand = async (
  deps: Deps,
  args: NotificationsResendArgs,
): Promise<number> => {
  const { id, url, all } = args;
  if ([id !== undefined, url !== undefined, all].filter(Boolean).length === 1)
    return id === undefined ? resendDead(deps, args) : resendOne(deps, id, args);
  printNote(deps.io, "Name one notification by its id or one receiver by --url, or say --all.");
  return exitCode.wrongUsage;
};

const resendOne = async (
  { io, notifications }: Deps,
  id: string,
  { json }: NotificationsResendArgs,
): Promise<number> => {
  try {
    await notifications.resend(id);
  } catch (error) {
    if (!(error instanceof NotificationNotFoundError || error instanceof NotificationStateError)) throw error;
    printNote(io, error.message);
    return exitCode.failed;
  }
  if (json) printJson(io, { matched: 1, resent: 1 });
  else printLine(io, `${id} is sent again.`);
  return exitCode.done;
};

const resendDead = async (
  { io, resendMany }: Deps,
  { url, yes, json }: NotificationsResendArgs,
): Promise<number> => {
  const isMeant = async (one: Notification): Promise<boolean> => url === undefined || isSameUrl(one.url, url);
  const toTheEnd = async (dryRun: boolean) => {
    let [matched, resent] = [0, 0];
    for (let cursor: string | undefined; ; ) {
      const done = await resendMany({ isMeant, dryRun, cursor });
      matched += done.matched;
      resent += done.resent;
      for (const { notificationId, message } of done.refused) printNote(io, `${notificationId}: ${message}`);
      cursor = done.nextCursor;
      if (cursor === undefined) return { matched, resent };
    }
  };
  const preview = await toTheEnd(true);
  if (preview.matched > 0) {
    const question = `Send ${plural(preview.matched, "notification")} again?`;
    const refusal = await confirmOrExit(io, { question, yes });
    if (refusal !== undefined) return refusal;
  }
  const { matched, resent } = preview.matched === 0 ? preview : await toTheEnd(false);
  if (json) printJson(io, { matched, resent });
  else if (matched === 0) printLine(io, "None was given up: nothing was done.");
  else printLine(io, `${plural(matched, "notification")}: ${resent} sent again.`);
  return resent === matched ? exitCode.done : exitCode.failed;
};
