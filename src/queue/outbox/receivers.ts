import { z } from "zod";
import { oneAtATime } from "../../redis/bounded.ts";
import type { Notifications } from "./notifications.ts";
import type { Notification } from "./view.ts";

/** Notifications that are counted: the newest of all, and the newest of those given up. */
const countedMax = 2000;
/** How long what was counted is returned again, ms. */
const youngMs = 2000;

/** What is known of one receiver. */
export const notificationReceiverSchema = z.object({
  url: z.string(),
  isCallback: z.boolean().meta({
    description:
      "Whether installs name it as their `callbackUrl`. A key for some workspaces may act on those only.",
  }),
  delivered: z.int().meta({ description: "Delivered ones among those counted." }),
  pending: z.int().meta({ description: "Those that wait for their first request." }),
  failing: z.int().meta({ description: "Those whose latest request failed, and that are sent again." }),
  dead: z.int().meta({ description: "Those given up: the dead letters." }),
  successRate: z.number().min(0).max(1).optional().meta({
    description:
      "Share of delivered ones among the newest that were tried: delivered, failing or given up; absent while none was.",
  }),
  lastAttemptAt: z.string().optional().meta({
    description:
      "When the latest request ended, ISO 8601, UTC; absent when none was made, or an earlier version made it.",
  }),
  lastStatus: z.int().optional().meta({ description: "HTTP status of the latest answer." }),
  lastError: z.string().optional().meta({ description: "Why the latest was not delivered: a sentence." }),
});

export type NotificationReceiver = Readonly<z.infer<typeof notificationReceiverSchema>>;

/** The notifications that receivers are counted by. */
export interface CountedNotifications {
  /** The newest, whatever their status. */
  readonly newest: readonly Notification[];
  /** The newest of those given up. */
  readonly dead: readonly Notification[];
  /** Whether these are all there are. */
  readonly isComplete: boolean;
}

/**
 * Reads the newest notifications, up to a bound: URLs are no key in Redis, because each install may name its own and a URL
 * may hold a secret. Any number of callers in a process cost one read in two seconds.
 */
export const createReadCounted = ({
  notifications,
  max = countedMax,
}: {
  readonly notifications: Pick<Notifications, "list">;
  readonly max?: number;
}): (() => Promise<CountedNotifications>) =>
  oneAtATime(
    async () => {
      const [newest, dead] = await Promise.all([
        notifications.list({ limit: max }),
        notifications.list({ limit: max, status: "failed" }),
      ]);
      const isComplete = newest.nextCursor === undefined && dead.nextCursor === undefined;
      return { newest: newest.items, dead: dead.items, isComplete };
    },
    { youngMs, now: () => performance.now() },
  );

/** A receiver that was sent nothing yet. */
export const newReceiver = (url: string): NotificationReceiver => ({
  ...{ url, isCallback: false },
  ...{ delivered: 0, pending: 0, failing: 0, dead: 0 },
});

/** Whether two texts are the same URL. */
export const isSameUrl = (a: string, b: string): boolean => hrefOf(a) === hrefOf(b);

const hrefOf = (text: string): string => URL.parse(text)?.href ?? text;

/** Counts notifications by their URL: receivers with the most dead letters first, then the latest to answer. */
export const receiversOf = ({
  newest,
  dead,
}: Omit<CountedNotifications, "isComplete">): NotificationReceiver[] => {
  const ofNewest = new Set(newest.map(({ id }) => id));
  const older = dead.filter(({ id }) => !ofNewest.has(id));
  return [...Map.groupBy([...newest, ...older], ({ url }) => hrefOf(url)).values()]
    .map((its) => receiverOf(its, ofNewest))
    .sort((a, b) => b.dead - a.dead || (b.lastAttemptAt ?? "").localeCompare(a.lastAttemptAt ?? ""));
};

const receiverOf = (its: readonly Notification[], ofNewest: ReadonlySet<string>): NotificationReceiver => {
  const count = (isOne: (one: Notification) => boolean): number => its.filter(isOne).length;
  const delivered = count(({ status }) => status === "delivered");
  const failing = count((one) => one.status === "pending" && wasTried(one));
  const deadOfNewest = count(({ id, status }) => status === "failed" && ofNewest.has(id));
  const tried = delivered + failing + deadOfNewest;
  const latest = its
    .filter(wasTried)
    .reduce<Notification | undefined>(
      (a, b) => (a === undefined || timeOf(b) > timeOf(a) ? b : a),
      undefined,
    );
  return {
    url: its[0]?.url ?? "",
    isCallback: its.some((one) => one.isCallback),
    delivered,
    pending: count((one) => one.status === "pending") - failing,
    failing,
    dead: count(({ status }) => status === "failed"),
    ...(tried > 0 && { successRate: delivered / tried }),
    lastAttemptAt: latest?.lastAttemptAt,
    lastStatus: latest?.lastStatus,
    lastError: latest?.lastError,
  };
};

/** Whether a request was made, or could not be. */
const wasTried = ({ status, lastError }: Notification): boolean =>
  status !== "pending" || lastError !== undefined;

const timeOf = ({ lastAttemptAt, createdAt }: Notification): string => lastAttemptAt ?? createdAt;
