import { setTimeout as pause } from "node:timers/promises";
import type { Api } from "../../src/api/api.ts";
import type { ApiSettings } from "../../src/api/settings.ts";
import { workspaceSigningKey } from "../../src/bird/signature.ts";
import type { Connect, ConnectSettings } from "../../src/connect/connect.ts";
import { createLog, type Logger } from "../../src/log.ts";
import type { Metrics } from "../../src/metrics/metrics.ts";
import type { Producer } from "../../src/producer/producer.ts";
import { createKeys, type Keys } from "../../src/queue/keyspace/keys.ts";
import {
  createSeal,
  generateSealingKey,
  readSealingKeys,
  type SealingKey,
} from "../../src/queue/secrets/seal.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { startApiRole } from "../../src/roles/api.ts";
import { startConnectRole } from "../../src/roles/connect.ts";
import { openMetrics } from "../../src/roles/metrics.ts";
import { openProducer } from "../../src/roles/producer.ts";
import { connectRole } from "../../src/roles/role.ts";
import { startWebhookRole } from "../../src/roles/webhook.ts";
import { startWorkerRole } from "../../src/roles/worker.ts";
import type { SandboxOptions } from "../../src/sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import type { Traces } from "../../src/traces/traces.ts";
import type { Webhook, WebhookSettings } from "../../src/webhook/webhook.ts";
import type { WorkerSettings } from "../../src/worker/settings.ts";
import type { InstallWorker, StallOptions } from "../../src/worker/worker.ts";
import { noSettings } from "./no-settings.ts";
import { watchSlots } from "./one-slot.ts";
import { testPrefix, testRedisUrl, testShards } from "./redis.ts";
import { localApi, localConnectService, localWebhook } from "./role-settings.ts";

export const signingKey = "test-signing-key";
export const signingSecret = "test-signing-secret";

/** Perch and a sandbox in one process: real Redis, real HTTP on both sides. */
export interface Stack {
  readonly sandbox: Sandbox;
  readonly webhook: Webhook;
  readonly worker: InstallWorker;
  readonly producer: Producer;
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly redisUrl: string;
  readonly sealingKeys: readonly SealingKey[];
  /** The same keys as text, for another process. */
  readonly sealingKeyText: string;
  readonly log: Logger;
  /** Of all roles together. */
  readonly metrics: Metrics;
  /** Starts the API with quick settings and without keys. Closed with the stack. */
  startAnApi(settings?: Partial<ApiSettings>, producer?: Producer, doctor?: typeof noSettings): Promise<Api>;
  /** Starts a connect service, by default over the sandbox's Meta. Closed with the stack. */
  startAConnect(settings?: Partial<ConnectSettings>): Promise<Connect>;
  /** Starts one more worker, by default with stalls noticed within a second. Closed with the stack. */
  startAnotherWorker(
    settings?: Partial<WorkerSettings>,
    stall?: StallOptions,
    sealingKeys?: readonly SealingKey[],
  ): Promise<InstallWorker>;
}

export interface StackOptions {
  readonly sandbox?: SandboxOptions;
  readonly worker?: Partial<WorkerSettings>;
  /** Budget of requests to the sandbox's Meta, for workers with `metaPreflight`; the others do not ask it. Default: plenty. */
  readonly metaReadsPerSecond?: number;
  readonly webhook?: Partial<WebhookSettings>;
  readonly redisUrl?: string;
  readonly prefix?: string;
  readonly shards?: number;
  /** The traces of all roles. */
  readonly traces?: Traces;
  /** Starts no worker of its own: the test does. */
  readonly startsPaused?: boolean;
  /** Takes the log, whatever its level, line by line. */
  readonly onLogLine?: (line: string) => void;
}

/** Waits are short, so that a test ends when the thing it waits for happens, not when a person would. */
export const quickSettings = {
  connectorTemplate: "whatsapp:1",
  requestTimeoutMs: 2000,
  postsPerSecond: 100_000,
  getsPerSecond: 100_000,
  concurrency: 50,
  maxAttempts: 8,
  backoffBaseMs: 20,
  backoffCapMs: 100,
  holdBaseMs: 50,
  holdCapMs: 400,
  lookDelaysMs: [20, 60, 120],
  firstPollMs: 30_000,
  deadlineMs: 3_600_000,
  readyStatuses: ["active"],
  numberMaxCreates: 100,
  numberWindowMs: 3_600_000,
  retentionMs: 3_600_000,
} as const;

/** How long a stack may take to close after a test has failed. */
const closesWithinMs = 10_000;

/** Runs a test against a stack of its own and takes it down whatever happens. */
export const withStack = async (
  options: StackOptions,
  run: (stack: Stack) => Promise<void>,
): Promise<void> => {
  await using opened = new AsyncDisposableStack();
  const { onLogLine, traces } = options;
  const log =
    onLogLine === undefined
      ? createLog({ level: process.env.TEST_LOG_LEVEL ?? "silent", role: "test" })
      : createLog({ level: "trace", role: "test", destination: { write: onLogLine } });
  const redisUrl = options.redisUrl ?? testRedisUrl();
  const keys = createKeys(options.prefix ?? testPrefix(), options.shards ?? testShards());
  opened.defer(watchSlots(keys.prefix));
  const sealingKeyText = generateSealingKey();
  const sealingKeys = readSealingKeys(sealingKeyText);
  const connection = await connectRole("worker", { redisUrl, keys, opened });
  const metrics = openMetrics(
    { keys, opened, connection },
    { version: localApi.version, readsFleet: true, hasProcess: false },
  );
  const role = { redisUrl, keys, metrics, traces, log, opened };
  const webhook = await startWebhookRole({
    ...role,
    settings: { ...localWebhook, signingKeys: [signingKey], signingSecret, ...options.webhook },
  });
  const sandbox = await startSandbox({
    channelDelayMs: 0,
    eventRepeatMs: [20, 50, 100, 200, 500, 1000],
    subscribeAll: {
      url: `${webhook.url}/webhooks/bird/{workspaceId}`,
      signingKey: (workspaceId) => workspaceSigningKey(signingSecret, workspaceId),
      events: ["channel.created", "channel.updated"],
    },
    ...options.sandbox,
  });
  opened.defer(sandbox.close);
  const bird = { birdApiUrl: sandbox.url, birdAccessKey: sandbox.accessKey };
  const start = (
    stall?: StallOptions,
    changed: Partial<WorkerSettings> = {},
    itsKeys: readonly SealingKey[] = sealingKeys,
  ): Promise<InstallWorker> =>
    startWorkerRole({
      ...role,
      connection,
      seal: createSeal(itsKeys),
      settings: { ...bird, ...quickSettings, ...options.worker, ...changed },
      meta:
        (changed.metaPreflight ?? options.worker?.metaPreflight) === undefined
          ? undefined
          : { ...sandbox.meta, readsPerSecond: options.metaReadsPerSecond ?? 10_000 },
      ...(stall !== undefined && { stall, sweepEveryMs: 200 }),
      graceMs: 1000,
    });
  const worker =
    options.startsPaused === true ? { isRunning: () => false, close: async () => undefined } : await start();
  const { retentionMs } = quickSettings;
  const producer = await openProducer(role, { sealingKeys: sealingKeyText, retentionMs });
  const stack: Stack = {
    sandbox,
    webhook,
    worker,
    producer,
    client: connection.client,
    keys,
    redisUrl,
    sealingKeys,
    sealingKeyText,
    log,
    metrics,
    startAnApi: (settings = {}, itsProducer = producer, doctor = noSettings) =>
      startApiRole({
        ...role,
        doctor,
        producer: itsProducer,
        seal: createSeal(sealingKeys),
        settings: { ...localApi, ...bird, ...settings },
      }),
    startAConnect: (settings = {}) =>
      startConnectRole({
        ...role,
        producer,
        seal: createSeal(sealingKeys),
        settings: {
          ...localConnectService,
          meta: { ...sandbox.meta, configId: "1", sdkUrl: `${sandbox.url}/meta/sdk.js` },
          ...settings,
        },
      }),
    startAnotherWorker: (changed, stall = { lockDurationMs: 600, stalledIntervalMs: 100 }, itsKeys) =>
      start(stall, changed, itsKeys),
  };
  try {
    await run(stack);
  } catch (error) {
    // A stack whose Redis is away cannot be closed; what went wrong in the test counts.
    await Promise.race([opened.disposeAsync().catch(() => undefined), pause(closesWithinMs)]);
    throw error;
  }
};
