import { join } from "node:path";
import type { ApiSettings } from "../api/settings.ts";
import type { Receiver } from "../bird/receiver.ts";
import type { Config } from "../config/config.ts";
import { isSandboxed } from "../config/weak-secrets.ts";
import type { ConnectSettings } from "../connect/connect.ts";
import type { NotifierSettings } from "../notify/notifier.ts";
import type { WebhookSettings } from "../webhook/webhook.ts";
import type { WorkerSettings } from "../worker/settings.ts";
import type { MetaReads } from "./check-number.ts";

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
  metaPreflight: config.META_PREFLIGHT === "require" ? "require" : "warn",
});

/** How Meta is asked about numbers before they are created; undefined when they are not. */
export const preflightSettings = (
  config: Config,
  sandboxed?: Omit<MetaReads, "readsPerSecond">,
): MetaReads | undefined => (config.META_PREFLIGHT === "off" ? undefined : metaReads(config, sandboxed));

/** How Meta is asked when somebody wants to know; undefined without an app. */
export const metaReads = (
  config: Config,
  sandboxed?: Omit<MetaReads, "readsPerSecond">,
): MetaReads | undefined => {
  const app = metaApp(config) ?? sandboxed;
  return app && { ...app, readsPerSecond: config.META_READS_PER_SECOND };
};

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
  birdOrganizationId: config.BIRD_ORGANIZATION_ID,
  receiver: receiverOf(config),
  getsPerSecond: config.BIRD_GETS_PER_SECOND,
  meta: metaApp(config),
  metaReadsPerSecond: config.META_READS_PER_SECOND,
  connect: connectAddress(config),
  holdBaseMs: config.HOLD_BASE_MS,
  holdCapMs: config.HOLD_CAP_MS,
  notifyUrl: config.NOTIFY_URL,
  notifier: notifierSettings(config),
  retentionMs: config.RETENTION_MS,
  version,
  consoleDir,
});

/** Where `npm run build:console` puts the console and the sandbox's page, seen from the source and the compiled files alike. */
export const consoleDir = join(import.meta.dirname, "../../dist/console");

const metaApp = (config: Config): ApiSettings["meta"] => {
  const { META_APP_ID: appId, META_APP_SECRET: appSecret, META_GRAPH_URL: graphUrl } = config;
  return appId === undefined || appSecret === undefined ? undefined : { appId, appSecret, graphUrl };
};

const connectAddress = (config: Config): ApiSettings["connect"] =>
  config.CONNECT_PUBLIC_URL === undefined
    ? undefined
    : { publicUrl: config.CONNECT_PUBLIC_URL, redirectHosts: config.CONNECT_REDIRECT_HOSTS ?? [] };

/** The connect service's settings, in its own words. `meta` says what the settings leave out, or the sandbox's app. */
export const connectSettings = (config: Config, meta?: ConnectSettings["meta"]): ConnectSettings => ({
  host: config.CONNECT_HOST,
  port: config.CONNECT_PORT,
  publicUrl: config.CONNECT_PUBLIC_URL,
  redirectHosts: config.CONNECT_REDIRECT_HOSTS ?? [],
  proxyHops: config.CONNECT_PROXY_HOPS,
  name: config.CONNECT_NAME ?? "Perch",
  logoUrl: config.CONNECT_LOGO_URL,
  meta: meta ?? {
    appId: config.META_APP_ID ?? "",
    appSecret: config.META_APP_SECRET ?? "",
    configId: config.META_CONFIG_ID ?? "",
    graphUrl: config.META_GRAPH_URL,
    sdkUrl: config.META_SDK_URL,
  },
  retentionMs: config.RETENTION_MS,
  pageDir: connectDir,
});

/** Where the build puts the page of connect links. */
const connectDir = join(import.meta.dirname, "../../dist/connect-page");

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
