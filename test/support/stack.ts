import { type Api, type ApiSettings, startApi } from "../../src/api/api.ts";
import { workspaceSigningKey } from "../../src/bird/signature.ts";
import { createLog, type Logger } from "../../src/log.ts";
import { createMetrics, type Metrics } from "../../src/metrics/metrics.ts";
import { createProducer, type Producer } from "../../src/producer/producer.ts";
import { createFindTrace } from "../../src/queue/installs/trace.ts";
import { createKeys, type Keys } from "../../src/queue/keyspace/keys.ts";
import { createReadFleet } from "../../src/queue/maintenance/fleet-state.ts";
import { createWriteProbe } from "../../src/queue/maintenance/write-probe.ts";
import {
  createSeal,
  generateSealingKey,
  parseSealingKeys,
  type SealingKey,
} from "../../src/queue/secrets/seal.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import type { SandboxOptions } from "../../src/sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import type { Traces } from "../../src/traces/traces.ts";
import { startWebhook, type Webhook, type WebhookSettings } from "../../src/webhook/webhook.ts";
import type { WorkerSettings } from "../../src/worker/settings.ts";
import { type InstallWorker, type StallOptions, startWorker } from "../../src/worker/worker.ts";
import { watchSlots } from "./one-slot.ts";
import { testPrefix, testRedisUrl, testShards } from "./redis.ts";

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
  startAnApi(settings?: Partial<ApiSettings>, producer?: Producer): Promise<Api>;
  /** Starts one more worker, unless told otherwise with stalls noticed within a second. Closed with the stack. */
  startAnotherWorker(
    settings?: Partial<WorkerSettings>,
    stall?: StallOptions,
    sealingKeys?: readonly SealingKey[],
  ): Promise<InstallWorker>;
}

export interface StackOptions {
  readonly sandbox?: SandboxOptions;
  readonly worker?: Partial<WorkerSettings>;
  readonly webhook?: Partial<WebhookSettings>;
  readonly redisUrl?: string;
  readonly prefix?: string;
  readonly shards?: number;
  /** What all roles tell of themselves becomes traces. */
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

/** Runs a test against a stack of its own and takes it down whatever happens. */
export const withStack = async (
  options: StackOptions,
  run: (stack: Stack) => Promise<void>,
): Promise<void> => {
  await using stack = new AsyncDisposableStack();
  const { onLogLine } = options;
  const log =
    onLogLine === undefined
      ? createLog({ level: process.env.TEST_LOG_LEVEL ?? "silent", role: "test" })
      : createLog({ level: "trace", role: "test", destination: { write: onLogLine } });
  const redisUrl = options.redisUrl ?? testRedisUrl();
  const keys = createKeys(options.prefix ?? testPrefix(), options.shards ?? testShards());
  stack.defer(watchSlots(keys.prefix));
  const sealingKeyText = generateSealingKey();
  const sealingKeys = parseSealingKeys(sealingKeyText) ?? [];
  const client = await connectRedis(redisUrl, { whenAway: "wait", name: "test" });
  stack.defer(async () => {
    await client.quit();
  });
  const receiving = await connectRedis(redisUrl, { whenAway: "fail", name: "test-webhook" });
  stack.defer(async () => {
    await receiving.quit();
  });
  const readFleet = createReadFleet({ client, keys });
  const metrics = createMetrics({
    version: "0.0.0-test",
    client,
    probe: createWriteProbe({ client, keys }),
    readFleet,
    hasProcess: false,
  });
  stack.defer(async () => metrics.close());
  const webhook = await startWebhook({
    client: receiving,
    keys,
    metrics: metrics.forWebhook(),
    traces: options.traces?.forWebhook({ findTrace: createFindTrace({ client, keys }) }),
    log,
    settings: {
      host: "127.0.0.1",
      port: 0,
      publicUrl: undefined,
      signingKeys: [signingKey],
      signingSecret,
      maxAgeMs: 86_400_000,
      readyStatuses: quickSettings.readyStatuses,
      retentionMs: quickSettings.retentionMs,
      ...options.webhook,
    },
  });
  stack.defer(() => webhook.close());
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
  stack.defer(() => sandbox.close());
  const workers: InstallWorker[] = [];
  const workerMetrics = metrics.forWorker(() => workers.some((each) => each.isRunning()));
  const start = async (
    stall?: StallOptions,
    changed: Partial<WorkerSettings> = {},
    itsKeys: readonly SealingKey[] = sealingKeys,
  ): Promise<InstallWorker> => {
    const worker = await startWorker({
      client,
      keys,
      seal: createSeal(itsKeys),
      settings: {
        birdApiUrl: sandbox.url,
        birdAccessKey: sandbox.accessKey,
        ...quickSettings,
        ...options.worker,
        ...changed,
      },
      metrics: workerMetrics,
      traces: options.traces?.forWorker(),
      log,
      ...(stall !== undefined && { stall, sweepEveryMs: 200 }),
    });
    stack.defer(() => worker.close({ graceMs: 1000 }));
    workers.push(worker);
    return worker;
  };
  const quickStall = { lockDurationMs: 600, stalledIntervalMs: 100 };
  const startAnotherWorker: Stack["startAnotherWorker"] = (
    changed,
    stall = quickStall,
    itsKeys = sealingKeys,
  ) => start(stall, changed, itsKeys);
  const worker =
    options.startsPaused === true ? { isRunning: () => false, close: async () => undefined } : await start();
  const producer = await createProducer({
    redisUrl,
    sealingKeys: sealingKeyText,
    prefix: keys.prefix,
    retentionMs: quickSettings.retentionMs,
    shards: keys.shards.length,
  });
  stack.defer(() => producer.close());
  const startAnApi: Stack["startAnApi"] = async (settings = {}, itsProducer = producer) => {
    const own = await connectRedis(redisUrl, { whenAway: "fail", name: "test-api" });
    stack.defer(() => closeRedis(own));
    const api = await startApi({
      client: own,
      keys,
      producer: itsProducer,
      seal: createSeal(sealingKeys),
      settings: {
        host: "127.0.0.1",
        port: 0,
        keys: [],
        requestsPerSecond: 0,
        allowsHttp: false,
        birdApiUrl: sandbox.url,
        birdAccessKey: sandbox.accessKey,
        requestTimeoutMs: quickSettings.requestTimeoutMs,
        meta: undefined,
        holdBaseMs: quickSettings.holdBaseMs,
        holdCapMs: quickSettings.holdCapMs,
        retentionMs: quickSettings.retentionMs,
        version: "0.0.0-test",
        ...settings,
      },
      metrics: metrics.forApi(),
      traces: options.traces?.forApi(),
      log,
    });
    stack.defer(api.close);
    return api;
  };
  await run({
    sandbox,
    webhook,
    worker,
    producer,
    client,
    keys,
    redisUrl,
    sealingKeys,
    sealingKeyText,
    log,
    metrics,
    startAnApi,
    startAnotherWorker,
  });
};
