import { createLog } from "../../../src/log.ts";
import { createKeys } from "../../../src/queue/keyspace/keys.ts";
import { createSeal, parseSealingKeys } from "../../../src/queue/secrets/seal.ts";
import { connectRedis } from "../../../src/redis/connection.ts";
import { crashSettings, signingSecret } from "./crash-settings.ts";
import type { CrashTask } from "./crash-task.ts";

export interface StartedRole {
  /** Where it listens; "" for the worker. */
  readonly url: string;
  close(): Promise<void>;
}

const log = createLog({ level: process.env.TEST_LOG_LEVEL ?? "silent", role: "crash" });

/** Starts a role as Perch itself does, with short waits. */
export const startRole = (task: CrashTask): Promise<StartedRole> => starts[task.role](task);

// Each role loads only its own modules: a process starts for every point.
const startWorkerRole = async (task: CrashTask): Promise<StartedRole> => {
  const { startWorker } = await import("../../../src/worker/worker.ts");
  const client = await connectRedis(task.redisUrl, { whenAway: "wait", name: "crash-worker" });
  const worker = await startWorker({
    client,
    keys: createKeys(task.prefix),
    seal: createSeal(parseSealingKeys(task.sealingKeys) ?? []),
    settings: {
      ...crashSettings,
      birdApiUrl: task.birdApiUrl,
      maxAttempts: 8,
      birdAccessKey: task.birdAccessKey,
      firstPollMs: task.firstPollMs,
      deadlineMs: task.deadlineMs,
      lookDelaysMs: task.lookDelaysMs ?? crashSettings.lookDelaysMs,
      notifyUrl: task.notifyUrl,
    },
    stall: { lockDurationMs: 1500, stalledIntervalMs: 200 },
    sweepEveryMs: 200,
    random: () => 0.5,
    log,
  });
  return {
    url: "",
    close: async () => {
      await worker.close({ graceMs: 500 });
      await client.quit();
    },
  };
};

const startWebhookRole = async (task: CrashTask): Promise<StartedRole> => {
  const { startWebhook } = await import("../../../src/webhook/webhook.ts");
  const client = await connectRedis(task.redisUrl, { whenAway: "fail", name: "crash-webhook" });
  const { readyStatuses, retentionMs } = crashSettings;
  const webhook = await startWebhook({
    client,
    keys: createKeys(task.prefix),
    settings: {
      host: "127.0.0.1",
      port: task.port,
      publicUrl: undefined,
      signingKeys: [],
      signingSecret,
      maxAgeMs: 86_400_000,
      readyStatuses,
      retentionMs,
    },
    log,
  });
  return {
    url: webhook.url,
    close: async () => {
      await webhook.close();
      await client.quit();
    },
  };
};

const startApiRole = async (task: CrashTask): Promise<StartedRole> => {
  const { startApi } = await import("../../../src/api/api.ts");
  const { createProducer } = await import("../../../src/producer/producer.ts");
  const { redisUrl, sealingKeys, prefix, port, birdApiUrl, birdAccessKey } = task;
  const { holdBaseMs, holdCapMs, retentionMs } = crashSettings;
  const client = await connectRedis(redisUrl, { whenAway: "fail", name: "crash-api" });
  const producer = await createProducer({ redisUrl, sealingKeys, prefix, retentionMs });
  const api = await startApi({
    client,
    keys: createKeys(prefix),
    producer,
    seal: createSeal(parseSealingKeys(sealingKeys) ?? []),
    settings: {
      host: "127.0.0.1",
      port,
      keys: [],
      requestsPerSecond: 0,
      allowsHttp: false,
      birdApiUrl,
      birdAccessKey,
      // A loaded machine must not turn a delete into one whose outcome is not known.
      requestTimeoutMs: 20_000,
      meta: undefined,
      holdBaseMs,
      holdCapMs,
      retentionMs,
      version: "0.0.0-crash",
    },
    log,
  });
  return {
    url: api.url,
    close: async () => {
      await api.close();
      await producer.close();
      await client.quit();
    },
  };
};

const starts = { worker: startWorkerRole, webhook: startWebhookRole, api: startApiRole } as const;
