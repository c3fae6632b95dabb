import { DelayedError, type Job, UnrecoverableError } from "bullmq";
import type { Logger } from "../log.ts";
import {
  type Delivered,
  type NotificationData,
  type NotificationType,
  withDelivery,
} from "../queue/outbox/data.ts";
import type { Delivery } from "./deliver.ts";
import { maskedUrl } from "./masked-url.ts";
import { retryDelayMs } from "./retry-schedule.ts";

/**
 * Applies the result of an attempt to the job. Every pause parks the job without using BullMQ's attempts, which are for
 * failures of Perch and Redis; requests are counted in the job's data.
 */
export const createApplyDelivery = (deps: {
  readonly log: Logger;
  readonly scheduleMs: readonly number[];
  readonly now: () => number;
  readonly random: () => number;
}) => {
  const { log, now } = deps;

  const park = async (job: Job, token: string, untilMs: number): Promise<never> => {
    await job.moveToDelayed(untilMs, token);
    throw new DelayedError();
  };

  const giveUp = async (job: Job, data: NotificationData): Promise<never> => {
    await job.updateData(data);
    log.warn({ ...described(job, data), reason: data.lastError }, "a notification was given up");
    throw new UnrecoverableError(data.lastError);
  };

  const refused = async (
    job: Job,
    token: string,
    data: NotificationData,
    { reason, status, askedMs, tookMs }: Extract<Delivery, { kind: "refused" }> & { readonly tookMs: number },
  ): Promise<never> => {
    const failures = (data.failures ?? 0) + 1;
    const deliveries = withDelivery(data, { atMs: now(), tookMs, status, error: reason });
    const counted = {
      ...withoutLast(data),
      ...last(status),
      attempts: (data.attempts ?? 0) + 1,
      failures,
      deliveries,
    };
    const delayMs = retryDelayMs(failures, { ...deps, askedMs });
    if (delayMs === undefined) return giveUp(job, { ...counted, lastError: reason });
    const nextAttemptAtMs = now() + delayMs;
    await job.updateData({ ...counted, lastError: reason, nextAttemptAtMs });
    log.info({ ...described(job, counted), reason, delayMs }, "a notification is sent again later");
    return park(job, token, nextAttemptAtMs);
  };

  return (
    job: Job,
    token: string,
    data: NotificationData,
    { delivery, tookMs }: { readonly delivery: Delivery; readonly tookMs: number },
  ): Promise<Delivered> => {
    switch (delivery.kind) {
      case "delivered":
        log.info({ ...described(job, data), httpStatus: delivery.status }, "a notification was delivered");
        return Promise.resolve({ status: delivery.status, tookMs });
      case "postponed":
        return park(job, token, now() + delivery.delayMs);
      case "refused":
        return refused(job, token, data, { ...delivery, tookMs });
      case "dead": {
        const { status, reason } = delivery;
        const attempts = (data.attempts ?? 0) + (status === undefined ? 0 : 1);
        const deliveries =
          status === undefined
            ? data.deliveries
            : withDelivery(data, { atMs: now(), tookMs, status, error: reason });
        return giveUp(job, {
          ...withoutLast(data),
          ...last(status),
          attempts,
          deliveries,
          lastError: reason,
        });
      }
    }
  };
};

const last = (lastStatus: number | undefined) => (lastStatus === undefined ? {} : { lastStatus });

const withoutLast = ({ lastStatus: _, lastError: __, nextAttemptAtMs: ___, ...data }: NotificationData) =>
  data;

/** What the subject's id is called in the log; of the others it is an install. */
const subjectNames: Readonly<Partial<Record<NotificationType, string>>> = {
  "batch.finished": "batchId",
  "connect.completed": "connectLinkId",
  "connect.cancelled": "connectLinkId",
};

const described = ({ id }: Job, { payload, subjectId, url }: NotificationData) => ({
  notificationId: id,
  type: payload.type,
  [subjectNames[payload.type] ?? "installId"]: subjectId,
  url: maskedUrl(url),
});
