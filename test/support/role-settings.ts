import type { ApiSettings } from "../../src/api/api.ts";
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
  meta: undefined,
  holdBaseMs: 50,
  holdCapMs: 400,
  retentionMs: 3_600_000,
  version: "0.0.0-test",
};
