import type { Config } from "../config.ts";
import type { WebhookSettings } from "../webhook/webhook.ts";
import type { WorkerSettings } from "../worker/worker-settings.ts";

/** A worker's settings, in its own words. */
export const workerSettings = (config: Config, bird: { url: string; accessKey: string }): WorkerSettings => ({
  birdApiUrl: bird.url,
  birdAccessKey: bird.accessKey,
  connectorTemplate: config.BIRD_CONNECTOR_TEMPLATE,
  requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
  postsPerSecond: config.BIRD_POSTS_PER_SECOND,
  getsPerSecond: config.BIRD_GETS_PER_SECOND,
  concurrency: config.WORKER_CONCURRENCY,
  backoffBaseMs: config.BACKOFF_BASE_MS,
  backoffCapMs: config.BACKOFF_CAP_MS,
  holdBaseMs: config.HOLD_BASE_MS,
  holdCapMs: config.HOLD_CAP_MS,
  lookDelaysMs: config.SUBMISSION_LOOK_DELAYS_MS,
  firstPollMs: config.CHANNEL_FIRST_POLL_MS,
  deadlineMs: config.CHANNEL_DEADLINE_MS,
  readyStatuses: config.CHANNEL_READY_STATUSES,
  numberMaxCreates: config.NUMBER_MAX_CREATES,
  numberWindowMs: config.NUMBER_WINDOW_MS,
  retentionMs: config.RETENTION_MS,
});

/** The webhook service's settings, in its own words. */
export const webhookSettings = (config: Config): WebhookSettings => ({
  host: config.WEBHOOK_HOST,
  port: config.WEBHOOK_PORT,
  publicUrl: config.WEBHOOK_PUBLIC_URL,
  signingKeys: config.WEBHOOK_SIGNING_KEYS ?? [],
  signingSecret: config.WEBHOOK_SIGNING_SECRET,
  maxAgeMs: config.WEBHOOK_MAX_AGE_MS,
  readyStatuses: config.CHANNEL_READY_STATUSES,
  retentionMs: config.RETENTION_MS,
});
