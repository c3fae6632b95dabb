import type { ApiSettings } from "../../src/api/settings.ts";
import type { ConnectSettings } from "../../src/connect/connect.ts";
import type { WebhookSettings } from "../../src/webhook/webhook.ts";

/** A webhook service on any free port of this machine, which takes no event until it is given a key. */
export const localWebhook: WebhookSettings = {
  host: "127.0.0.1",
  port: 0,
  publicUrl: undefined,
  signingKeys: [],
  signingSecret: undefined,
  maxAgeMs: 86_400_000,
  readyStatuses: ["active"],
  retentionMs: 3_600_000,
};

/** An API on any free port of this machine, without keys and limits. */
export const localApi: Omit<ApiSettings, "birdApiUrl" | "birdAccessKey"> = {
  host: "127.0.0.1",
  port: 0,
  keys: [],
  requestsPerSecond: 0,
  allowsHttp: false,
  requestTimeoutMs: 2000,
  birdOrganizationId: undefined,
  receiver: undefined,
  getsPerSecond: 100_000,
  meta: undefined,
  holdBaseMs: 50,
  holdCapMs: 400,
  notifyUrl: undefined,
  notifier: { secrets: [], allowPrivate: true, timeoutMs: 5000 },
  retentionMs: 3_600_000,
  version: "0.0.0-test",
};

/** A connect service on any free port of this machine, at which everybody is sent to app.example.com. */
export const localConnectService: Omit<ConnectSettings, "meta"> = {
  host: "127.0.0.1",
  port: 0,
  publicUrl: undefined,
  redirectHosts: ["app.example.com"],
  proxyHops: 0,
  name: "Acme Platform",
  logoUrl: undefined,
  retentionMs: 3_600_000,
};

/** Where links lead. */
export const localConnect = {
  publicUrl: "https://connect.example.com",
  redirectHosts: ["app.example.com"],
} as const satisfies ApiSettings["connect"];
