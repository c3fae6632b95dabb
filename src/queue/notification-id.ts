import { createHash } from "node:crypto";
import type { NotificationType } from "./notification-data.ts";

/**
 * The `webhook-id` of one outcome of one thing, such as `msg_01J…_failed`, or `msg_01J…_failed_2` when the
 * thing ended so again after a person had started it again. The same id always stands for the same outcome,
 * so a receiver may drop what it has seen.
 */
export const messageId = (outcome: {
  readonly type: NotificationType;
  readonly subjectId: string;
  /** How often the thing was started; 1 the first time. */
  readonly generation: number;
}): string => {
  const [, what] = outcome.type.split(".");
  const again = outcome.generation > 1 ? `_${outcome.generation}` : "";
  return `msg_${outcome.subjectId}_${what}${again}`;
};

/** The id of the notification that tells a second URL the same: the message's, and a piece of the URL's digest. */
export const extraNotificationId = (id: string, url: string): string =>
  `${id}_${createHash("sha256").update(url).digest("hex").slice(0, 8)}`;
