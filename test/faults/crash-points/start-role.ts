import { createLog } from "../../../src/log.ts";
import { createKeys } from "../../../src/queue/keyspace/keys.ts";
import { createSeal, readSealingKeys } from "../../../src/queue/secrets/seal.ts";
import type { RoleDeps } from "../../../src/roles/role.ts";
import { localApi, localWebhook } from "../../support/role-settings.ts";
import { crashSettings, signingSecret } from "./crash-settings.ts";
import type { CrashTask } from "./crash-task.ts";

export interface StartedRole {
  /** Where it listens; "" for the worker. */
  readonly url: string;
  close(): Promise<void>;
}

const log = createLog({ level: process.env.TEST_LOG_LEVEL ?? "silent", role: "crash" });

/** Starts a role as Perch itself does, with short waits. */
export const startRole = async (task: CrashTask): Promise<StartedRole> => {
  await using opened = new AsyncDisposableStack();
  const { redisUrl, prefix, role } = task;
  const url = await starts[role](task, { redisUrl, keys: createKeys(prefix), log, opened });
  const running = opened.move();
  return { url, close: () => running.disposeAsync() };
};

type Start = (task: CrashTask, role: RoleDeps) => Promise<string>;

// Each role loads only its own modules: a process starts for every point.
const worker: Start = async (task, role) => {
  const { startWorkerRole } = await import("../../../src/roles/worker.ts");
  await startWorkerRole({
    ...role,
    seal: createSeal(readSealingKeys(task.sealingKeys)),
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
    graceMs: 500,
  });
  return "";
};

const webhook: Start = async ({ port }, role) => {
  const { startWebhookRole } = await import("../../../src/roles/webhook.ts");
  const { url } = await startWebhookRole({ ...role, settings: { ...localWebhook, port, signingSecret } });
  return url;
};

const api: Start = async ({ sealingKeys, port, birdApiUrl, birdAccessKey }, role) => {
  const { startApiRole } = await import("../../../src/roles/api.ts");
  const { openProducer } = await import("../../../src/roles/producer.ts");
  const { noSettings } = await import("../../support/no-settings.ts");
  const { retentionMs } = crashSettings;
  const { url } = await startApiRole({
    ...role,
    producer: await openProducer(role, { sealingKeys, retentionMs }),
    doctor: noSettings,
    seal: createSeal(readSealingKeys(sealingKeys)),
    // A loaded machine must not turn a delete into one whose outcome is not known.
    settings: { ...localApi, port, birdApiUrl, birdAccessKey, requestTimeoutMs: 20_000 },
  });
  return url;
};

const starts = { worker, webhook, api } as const;
