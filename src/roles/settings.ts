import type { ApiSettings } from "../api/api.ts";
import type { Receiver } from "../bird/receiver.ts";
import type { Config } from "../config/config.ts";
import { isSandboxed } from "../config/weak-secrets.ts";
import type { NotifierSettings } from "../notify/notifier.ts";
import type { WebhookSettings } from "../webhook/webhook.ts";
import type { WorkerSettings } from "../worker/settings.ts";

/** Where Bird is, or the sandbox in its place. */
interface BirdAccess {
  readonly url: string;
  readonly accessKey: string;
}

/** Bird as the settings name it. */
export const birdAccess = (config: Config): BirdAccess => ({
  url: config.BIRD_API_URL,
  accessKey: config.BIRD_ACCESS_KEY ?? "",
});

/** A worker's settings, in its own words. */
export const workerSettings = (config: Config, bird: BirdAccess): WorkerSettings => ({
  birdApiUrl: bird.url,
  birdAccessKey: bird.accessKey,
  connectorTemplate: config.BIRD_CONNECTOR_TEMPLATE,
  requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
  postsPerSecond: config.BIRD_POSTS_PER_SECOND,
  getsPerSecond: config.BIRD_GETS_PER_SECOND,
  concurrency: config.WORKER_CONCURRENCY,
  maxAttempts: config.INSTALL_MAX_ATTEMPTS,
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
  notifyUrl: config.NOTIFY_URL,
  birdOrganizationId: config.BIRD_ORGANIZATION_ID,
  receiver: receiverOf(config),
});

/** Where Bird reaches the webhook service; undefined without WEBHOOK_PUBLIC_URL. */
export const receiverOf = (config: Config): Receiver | undefined =>
  config.WEBHOOK_PUBLIC_URL === undefined
    ? undefined
    : {
        publicUrl: config.WEBHOOK_PUBLIC_URL,
        signingKeys: config.WEBHOOK_SIGNING_KEYS ?? [],
        signingSecret: config.WEBHOOK_SIGNING_SECRET,
      };

/** The API's settings, in its own words. */
export const apiSettings = (config: Config, bird: BirdAccess, version: string): ApiSettings => ({
  host: config.API_HOST,
  port: config.API_PORT,
  keys: config.API_KEYS ?? [],
  requestsPerSecond: config.API_REQUESTS_PER_SECOND,
  allowsHttp: config.NOTIFY_ALLOW_PRIVATE,
  birdApiUrl: bird.url,
  birdAccessKey: bird.accessKey,
  requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
  meta: metaApp(config),
  holdBaseMs: config.HOLD_BASE_MS,
  holdCapMs: config.HOLD_CAP_MS,
  retentionMs: config.RETENTION_MS,
  version,
});

const metaApp = (config: Config): ApiSettings["meta"] => {
  const { META_APP_ID: appId, META_APP_SECRET: appSecret, META_GRAPH_URL: graphUrl } = config;
  return appId === undefined || appSecret === undefined ? undefined : { appId, appSecret, graphUrl };
};

/** How notifications are sent: a receiver has 20 s, and one process sends to 50 at once. */
export const notifierSettings = (config: Config): NotifierSettings => ({
  secrets: config.NOTIFY_SECRET ?? [],
  allowPrivate: config.NOTIFY_ALLOW_PRIVATE,
  timeoutMs: 20_000,
  concurrency: 50,
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

/** What of the settings a producer goes by. */
export const producerSettings = (config: Config) => ({
  allowGuessableKeys: isSandboxed(config),
  retentionMs: config.RETENTION_MS,
  postsPerSecond: config.BIRD_POSTS_PER_SECOND,
});
