import { z } from "zod";
import { NotificationNotFoundError, NotificationStateError, type Notifications } from "./notifications.ts";
import type { Notification } from "./view.ts";

export const manyResentSchema = z
  .object({
    matched: z.int().meta({ description: "Dead letters that fit, among those this call looked at." }),
    resent: z.int().meta({ description: "Those that are sent again; none in a dry run." }),
    refused: z
      .array(z.object({ notificationId: z.string(), message: z.string() }))
      .readonly()
      .meta({ description: "Why others are not sent again; the first twenty." }),
    isComplete: z.boolean().meta({ description: "Whether the call looked at all dead letters there are." }),
    nextCursor: z.string().optional().meta({
      description: "Where the next call goes on, as `cursor` of its body; absent when it is complete.",
    }),
  })
  .meta({ id: "NotificationsResend" });

/** Sends dead letters again, so many a call that it ends within seconds; the next call goes on from `nextCursor`. */
export type ResendMany = (options: {
  /** Which of them. */
  readonly isMeant: (notification: Notification) => Promise<boolean>;
  /** Only counts them. */
  readonly dryRun?: boolean | undefined;
  /** Where an earlier call stopped. */
  readonly cursor?: string | undefined;
}) => Promise<z.output<typeof manyResentSchema>>;

/** Notifications a page, and those sent again at a time. */
const pageSizes = { act: 50, count: 500 } as const;
const pagesMax = 20;
/** Pages that hold fewer because few of those read fit: each of them has read as many as one page may. */
const sparsePagesMax = 4;
const refusedMax = 20;

export const createResendMany = ({
  notifications,
}: {
  readonly notifications: Pick<Notifications, "list" | "resend">;
}): ResendMany => {
  /** Sends one again. @returns the refusal, if it was refused. */
  const resend = async (notificationId: string) => {
    try {
      await notifications.resend(notificationId);
      return [];
    } catch (error) {
      if (!(error instanceof NotificationNotFoundError || error instanceof NotificationStateError))
        throw error;
      return [{ notificationId, message: error.message }];
    }
  };

  return async ({ isMeant, dryRun = false, cursor: from }) => {
    const limit = dryRun ? pageSizes.count : pageSizes.act;
    const refused: Awaited<ReturnType<typeof resend>> = [];
    const act = async (items: readonly Notification[]): Promise<void> => {
      if (!dryRun) refused.push(...(await Promise.all(items.map(({ id }) => resend(id)))).flat());
    };
    let [matched, cursor, sparsePages] = [0, from, 0];
    for (let page = 0; page < pagesMax && sparsePages < sparsePagesMax; page += 1) {
      // One that fails again while this runs is newer than the cursor, so it is not sent twice.
      const found = await notifications.list({ status: "failed", limit, cursor, isShown: isMeant });
      matched += found.items.length;
      await act(found.items);
      cursor = found.nextCursor;
      if (cursor === undefined) break;
      if (found.items.length < limit) sparsePages += 1;
    }
    return {
      matched,
      resent: dryRun ? 0 : matched - refused.length,
      refused: refused.slice(0, refusedMax),
      isComplete: cursor === undefined,
      nextCursor: cursor,
    };
  };
};
