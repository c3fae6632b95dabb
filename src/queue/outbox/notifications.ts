import type { Job } from "bullmq";
import { decodeTime, isValid } from "ulid";
import { isNotInState } from "../../redis/bullmq.ts";
import type { RedisClient } from "../../redis/client.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { filteredPage, readPosition, type WalkStep, writePosition } from "../../redis/paging.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { KeptDigests } from "../secrets/kept-digests.ts";
import {
  createNotificationsQueue,
  deliveredSchema,
  extraNotificationId,
  messageId,
  type NotificationData,
  type NotificationType,
  withDelivery,
} from "./data.ts";
import { createNotificationIndex, type IndexEntry } from "./list.ts";
import { createStoppedUrls } from "./stopped-urls.ts";
import {
  type Notification,
  type NotificationDetail,
  notificationFields,
  readNotificationFields,
  viewNotification,
  viewNotificationDetail,
} from "./view.ts";

/** The notification does not exist, or was deleted after its retention. */
export class NotificationNotFoundError extends Error {
  readonly code = "not_found";

  constructor(id: string) {
    super(`Notification ${id} not found. Ended notifications are deleted after RETENTION_MS.`);
    this.name = "NotificationNotFoundError";
  }
}

/** The notification is being sent or about to be, so it cannot be resent. */
export class NotificationStateError extends Error {
  readonly code = "wrong_state";

  constructor(id: string) {
    super(`Notification ${id} is due already: it is sent as soon as a worker takes it.`);
    this.name = "NotificationStateError";
  }
}

/** One outcome for one URL. */
interface Announcement {
  readonly type: NotificationType;
  /** Id of the install or batch. */
  readonly subjectId: string;
  /** How often the install or batch was started; default 1. A higher value makes a new notification of the same outcome. */
  readonly generation?: number;
  readonly url: string;
  /** The outcome goes to another URL too, so this notification needs its own id. Default false. */
  readonly isExtra?: boolean;
  /** When the outcome happened, ISO 8601; default now. */
  readonly happenedAt?: string;
  /** The install or batch as it is now. Must hold no secrets and be serializable as JSON. */
  readonly data: unknown;
}

interface NotificationPage {
  readonly items: readonly Notification[];
  /** Where to go on; undefined at the end. */
  readonly nextCursor: string | undefined;
}

/** Outgoing webhooks: enqueued here, sent by the notifier. */
export interface Notifications {
  /** Enqueues a notification. Idempotent, also after delivery. */
  announce(announcement: Announcement): Promise<void>;
  /**
   * Lists notifications, newest first: `delivered` and `failed` by their end, others by when they were announced or last
   * resent. An invalid cursor gives an empty page.
   */
  list(options: {
    readonly status?: Notification["status"] | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
    /** Filter: false leaves a notification out. */
    readonly isShown?: ((notification: Notification) => Promise<boolean>) | undefined;
    /** Only what is about this install or batch. */
    readonly subjectId?: string | undefined;
  }): Promise<NotificationPage>;
  find(id: string): Promise<Notification | undefined>;
  /** With its latest requests. */
  findDetail(id: string): Promise<NotificationDetail | undefined>;
  /**
   * Resends a failed or delivered notification under the same `webhook-id` and restarts its retry schedule. Its URL is
   * no longer stopped, if it had answered 410. One that waits for its next request is sent now.
   *
   * @throws {NotificationNotFoundError} @throws {NotificationStateError} while it is sent, or due.
   */
  resend(id: string): Promise<Notification>;
  /** Closes the queue. The caller owns and closes `client`. */
  close(): Promise<void>;
}

const groupMax = 100;

/** Most notifications read for one page, however few pass the filter; of one subject, most ids. */
const walkMax = 5000;
const subjectWalkMax = 20_000;

/** How far clocks may be apart. */
const clockMs = 3_600_000;

const all = async (): Promise<boolean> => true;

/** @param deps.retentionMs How long ended notifications are kept, ms. */
export const createNotifications = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly digests: KeptDigests;
  readonly now: () => number;
  readonly retentionMs: number;
}): Notifications => {
  const { client, keys, now } = deps;
  const queue = createNotificationsQueue(deps);
  const index = createNotificationIndex(deps);
  const stoppedUrls = createStoppedUrls(deps);

  const load = async (id: string) =>
    readNotificationFields(await client.hmget(keys.notificationJob(id), ...notificationFields));

  const find = async (id: string): Promise<Notification | undefined> => {
    const fields = await load(id);
    return fields && viewNotification(id, fields);
  };

  const findDetail = async (id: string): Promise<NotificationDetail | undefined> => {
    const fields = await load(id);
    return fields && viewNotificationDetail(id, fields);
  };

  const announce = async (announcement: Announcement): Promise<void> => {
    const { type, subjectId, generation = 1, url, data } = announcement;
    const message = messageId({ type, subjectId, generation });
    const id = announcement.isExtra === true ? extraNotificationId(message, url) : message;
    const timestamp = announcement.happenedAt ?? new Date(now()).toISOString();
    await index.add(id);
    const payload = { type, timestamp, data };
    await queue.add("notification", { messageId: message, subjectId, url, payload }, { jobId: id });
  };

  /** Yields the notifications the index names, and removes stale entries from it. */
  async function* walk(
    status: Notification["status"] | undefined,
    after: IndexEntry | undefined,
    limit: number,
  ) {
    for await (const entries of inGroups(index.walk(status, after), Math.min(limit, groupMax))) {
      const found = await Promise.all(entries.map(async (entry) => ({ entry, item: await find(entry.id) })));
      const right = found.flatMap(({ entry, item }) =>
        item !== undefined && (status === undefined || item.status === status) ? [{ entry, item }] : [],
      );
      const kept = new Set(right.map(({ entry }) => entry));
      await index.drop(
        status,
        entries.filter((entry) => !kept.has(entry)),
      );
      yield* right;
    }
  }

  /** Like `walk`, of one subject: the ids name it, so only its own are read. */
  async function* walkSubject(
    subjectId: string,
    status: Notification["status"] | undefined,
    after: IndexEntry | undefined,
  ) {
    // Nothing is announced before the subject was made; its maker's clock may be ahead.
    const oldestMs = isValid(subjectId) ? decodeTime(subjectId) - clockMs : 0;
    for await (const entry of index.walk(status, after)) {
      if (entry.atMs < oldestMs) return;
      const item = entry.id.startsWith(`msg_${subjectId}_`) ? await find(entry.id) : undefined;
      yield { entry, item: status === undefined || item?.status === status ? item : undefined };
    }
  }

  const listSubject = (
    subjectId: string,
    { status, limit, isShown = all }: Parameters<Notifications["list"]>[0],
    after: IndexEntry | undefined,
  ): Promise<NotificationPage> => {
    async function* steps(): AsyncGenerator<WalkStep<Notification>> {
      for await (const { entry, item } of walkSubject(subjectId, status, after)) {
        const moment = writePosition({ ...entry, id: "~" });
        const isItem = item !== undefined && (await isShown(item));
        yield { cursor: writePosition(entry), moment, item: isItem ? item : undefined };
      }
    }
    return filteredPage(steps(), { limit, walkMax: subjectWalkMax });
  };

  const list: Notifications["list"] = async (options) => {
    const { status, limit, cursor, isShown = all, subjectId } = options;
    const after = cursor === undefined ? undefined : readPosition(cursor);
    if (cursor !== undefined && after === undefined) return { items: [], nextCursor: undefined };
    if (subjectId !== undefined) return listSubject(subjectId, options, after);
    async function* steps(): AsyncGenerator<WalkStep<Notification>> {
      for await (const { entry, item } of walk(status, after, isShown === all ? limit : groupMax)) {
        const moment = writePosition({ ...entry, id: "~" });
        yield { cursor: writePosition(entry), moment, item: (await isShown(item)) ? item : undefined };
      }
    }
    return filteredPage(steps(), { limit, walkMax });
  };

  /** Ends the pause before the next request of one that is pending; its schedule goes on from there. */
  const sendNow = async (
    job: Job<NotificationData>,
    { id, ...before }: Notification,
  ): Promise<Notification> => {
    if (!(await job.isDelayed())) throw new NotificationStateError(id);
    const { nextAttemptAtMs: _, ...data } = job.data;
    await job.updateData(data);
    try {
      await job.promote();
    } catch (error) {
      throw isNotInState(error) ? new NotificationStateError(id) : error;
    }
    return (await find(id)) ?? { id, ...before };
  };

  const resend = async (id: string): Promise<Notification> => {
    const [job, before] = await Promise.all([queue.getJob(id), find(id)]);
    if (job === undefined || before === undefined) throw new NotificationNotFoundError(id);
    if (before.status === "pending") return sendNow(job, before);
    await stoppedUrls.lift(job.data.url);
    const { failures: _, nextAttemptAtMs: __, ...data } = job.data;
    const deliveries = before.status === "delivered" ? withResult(job, now()) : data.deliveries;
    await job.updateData({ ...data, deliveries, attempts: before.attempts });
    await index.renew(id);
    try {
      await job.retry(before.status === "failed" ? "failed" : "completed", { resetAttemptsMade: true });
    } catch (error) {
      throw isNotInState(error) ? new NotificationStateError(id) : error;
    }
    return (await find(id)) ?? before;
  };

  return { announce, list, find, findDetail, resend, close: () => queue.close() };
};

/** The requests of a delivered notification: that it was delivered by is in its result alone, which a retry drops. */
const withResult = (
  { data, returnvalue, finishedOn }: Job<NotificationData>,
  nowMs: number,
): NotificationData["deliveries"] => {
  const result = deliveredSchema.safeParse(returnvalue).data;
  if (result === undefined) return data.deliveries;
  return withDelivery(data, { atMs: finishedOn ?? nowMs, tookMs: result.tookMs ?? 0, status: result.status });
};
