import { type Job, UnrecoverableError, Worker } from "bullmq";
import type { Logger } from "../log.ts";
import { type Keys, notificationsQueueName } from "../queue/keyspace/keys.ts";
import { type Delivered, type NotificationData, notificationDataSchema } from "../queue/outbox/data.ts";
import { createStoppedUrls } from "../queue/outbox/stopped-urls.ts";
import { createRedisWatch } from "../queue/redis-state/redis-watch.ts";
import type { WriteProbe } from "../queue/redis-state/write-probe.ts";
import type { KeptDigests } from "../queue/secrets/kept-digests.ts";
import { delayOnRedisFault } from "../redis/bullmq.ts";
import type { RedisClient } from "../redis/client.ts";
import { refusalsOf } from "../redis/wait-out-refusals.ts";
import { createApplyDelivery } from "./apply-delivery.ts";
import { createDeliver, type Delivery } from "./deliver.ts";
import { createHostLimits } from "./host-limits.ts";
import { retryScheduleMs } from "./retry-schedule.ts";
import { createSendWebhook } from "./send-webhook.ts";
import { createSign } from "./sign.ts";

export interface NotifierSettings {
  /** `whsec_…` each; all sign. Empty: nothing can be sent, and due notifications become dead letters that say so. */
  readonly secrets: readonly string[];
  /** Allow http, and private and loopback addresses. */
  readonly allowPrivate: boolean;
  /** Time-out of a request, ms; the specification recommends 15 to 30 s. */
  readonly timeoutMs: number;
  /** Requests in flight a process. */
  readonly concurrency: number;
}

/**
 * Results of deliveries: `refused` is an attempt the receiver did not accept, `postponed` one that was not sent, `dead` a
 * notification that was given up.
 */
type DeliveryResult = "delivered" | "refused" | "postponed" | "dead";

/** Records deliveries as spans. */
export interface NotifierTraces {
  /** Called after each attempt to deliver. Never rejects. */
  readonly onTry: (attempt: {
    readonly type: string;
    readonly subjectId: string;
    readonly result: Delivery["kind"];
    readonly status: number | undefined;
    readonly attempt: number;
    readonly elapsedMs: number;
  }) => Promise<void>;
}

interface Notifier {
  /**
   * Takes no more notifications, waits for requests in flight, and cuts off those that last longer than
   * `graceMs` (default 5 s); what is cut off is sent again, at no cost in attempts.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

const unreadable = "Not sent: what is stored of it cannot be read by this version of Perch.";

/** Unlimited, because a stall means that the process was killed, not that the notification is bad. */
const maxStalledCount = 1_000_000;

/**
 * Sends notifications until it is closed; any number of processes may. `client` belongs to the caller.
 *
 * @param deps.version For the user agent.
 * @param deps.scheduleMs See {@link retryScheduleMs}, the default.
 */
export const startNotifier = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly probe: WriteProbe;
  readonly digests: KeptDigests;
  readonly settings: NotifierSettings;
  readonly onDelivery?: (result: DeliveryResult) => void;
  /** Undefined: nothing is traced. */
  readonly traces?: NotifierTraces | undefined;
  readonly log: Logger;
  readonly version?: string | undefined;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly scheduleMs?: readonly number[];
  readonly lookup?: Parameters<typeof createSendWebhook>[0]["lookup"];
}): Promise<Notifier> => {
  const { client, keys, probe, digests, traces, log, version, lookup, scheduleMs = retryScheduleMs } = deps;
  const { secrets, allowPrivate, timeoutMs, concurrency } = deps.settings;
  const now = deps.now ?? Date.now;
  const random = deps.random ?? Math.random;
  const onDelivery = deps.onDelivery ?? (() => undefined);
  const userAgent = version === undefined ? "perch" : `perch/${version}`;
  const deliver = createDeliver({
    sign: secrets.length === 0 ? undefined : createSign(secrets),
    send: createSendWebhook({ allowPrivate, timeoutMs, userAgent, lookup }),
    enter: createHostLimits({ concurrency, now, random }),
    stoppedUrls: createStoppedUrls({ client, keys, digests, now }),
    timeoutMs,
    now,
  });
  const applyDelivery = createApplyDelivery({ log, scheduleMs, now, random });
  const worker = new Worker<NotificationData, Delivered>(
    notificationsQueueName,
    // BullMQ passes the signal only to a processor that declares three parameters, none with a default.
    delayOnRedisFault(async (job: Job<NotificationData, Delivered>, token, signal) => {
      const parsed = notificationDataSchema.safeParse(job.data);
      if (!parsed.success) throw new UnrecoverableError(unreadable);
      const { data } = parsed;
      const startMs = performance.now();
      const delivery = await deliver(data, signal);
      // Not awaited, because it reads the install's trace from Redis.
      traces?.onTry({
        type: data.payload.type,
        subjectId: data.subjectId,
        result: delivery.kind,
        status: "status" in delivery ? delivery.status : undefined,
        attempt: (data.attempts ?? 0) + 1,
        elapsedMs: performance.now() - startMs,
      });
      if (delivery.kind === "refused" || delivery.kind === "postponed") onDelivery(delivery.kind);
      const tookMs = Math.round(performance.now() - startMs);
      return applyDelivery(job, token ?? "", data, { delivery, tookMs });
    }),
    {
      connection: client,
      prefix: keys.prefix,
      concurrency,
      lockDuration: 30_000,
      stalledInterval: 5000,
      maxStalledCount,
    },
  );
  const ended = (id: string | undefined, result: DeliveryResult): void => {
    onDelivery(result);
    // Only an index, which its readers correct.
    client.zrem(keys.pendingNotifications, id ?? "").catch(() => undefined);
  };
  worker.on("completed", ({ id }) => ended(id, "delivered"));
  worker.on("failed", (job, error) => {
    if (job?.finishedOn !== undefined) ended(job.id, "dead");
    if (error.name !== "UnrecoverableError")
      log.error({ notificationId: job?.id, err: error }, "a delivery failed by a fault of Perch");
  });
  const redisWatch = createRedisWatch({ probe, log });
  const refusals = refusalsOf(client);
  const stopHearing = refusals?.onRefused(redisWatch.refused);
  worker.on("error", redisWatch.failed);
  await worker.waitUntilReady();
  return {
    close: async ({ graceMs = 5000 } = {}) => {
      const cutOff = setTimeout(() => {
        worker.cancelAllJobs("the notifier stops");
        refusals?.endWaiting();
      }, graceMs);
      await worker.close();
      clearTimeout(cutOff);
      refusals?.endWaiting();
      stopHearing?.();
      redisWatch.close();
    },
  };
};
