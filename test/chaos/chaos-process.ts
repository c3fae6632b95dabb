import { setTimeout as pause } from "node:timers/promises";
import { workspaceSigningKey } from "../../src/bird/signature.ts";
import { createLog } from "../../src/log.ts";
import { createProducer } from "../../src/producer/producer.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { createSeal, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { startApiRole } from "../../src/roles/api.ts";
import { openProducer } from "../../src/roles/producer.ts";
import type { RoleDeps } from "../../src/roles/role.ts";
import { startWebhookRole } from "../../src/roles/webhook.ts";
import { startWorkerRole } from "../../src/roles/worker.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { noSettings } from "../support/no-settings.ts";
import { localApi, localWebhook } from "../support/role-settings.ts";
import { chaosFaults } from "./chaos-faults.ts";
import { chaosRows } from "./chaos-rows.ts";
import { birdAccessKey, type ChildConfig, childConfigSchema } from "./child-config.ts";
import { importedKey } from "./import-batches.ts";

/** One process of a chaos run, told by its argument what to be. */
const config = childConfigSchema.parse(JSON.parse(process.argv[2] ?? ""));

const signingSecret = "chaos-signing-secret";
const retentionMs = 24 * 3_600_000;
const log = createLog({ level: process.env.CHAOS_LOG_LEVEL ?? "warn", role: config.role });

type ConfigOf<Role> = Extract<ChildConfig, { readonly role: Role }>;

const beSandbox = async ({ seed, webhookUrl, hasLimits }: ConfigOf<"sandbox">): Promise<string> => {
  const sandbox = await startSandbox({
    accessKey: birdAccessKey,
    seed,
    faults: chaosFaults,
    channelDelayMs: 100,
    ...(!hasLimits && { postsPerSecond: 0, getsPerSecond: 0 }),
    // Long enough for any outage of a run: an event given up would be the sandbox's loss, not Perch's.
    eventRepeatMs: [100, 200, 500, ...Array.from({ length: 3600 }, () => 1000)],
    subscribeAll: {
      url: `${webhookUrl}/webhooks/bird/{workspaceId}`,
      signingKey: (workspaceId) => workspaceSigningKey(signingSecret, workspaceId),
    },
  });
  return sandbox.url;
};

/** What every role takes. A process ends by being killed, so nothing closes it. */
const roleOf = ({ redisUrl, prefix }: { readonly redisUrl: string; readonly prefix: string }): RoleDeps => ({
  redisUrl,
  keys: createKeys(prefix),
  log,
  opened: new AsyncDisposableStack(),
});

const beWebhook = async (config: ConfigOf<"webhook">): Promise<string> => {
  const { port } = config;
  const settings = { ...localWebhook, port, signingSecret, retentionMs };
  return (await startWebhookRole({ ...roleOf(config), settings })).url;
};

const beWorker = async (config: ConfigOf<"worker">): Promise<string> => {
  const rightNow = Date.now;
  // BullMQ asks the process's clock, which is as wrong as Perch's.
  if (config.ownSkewMs !== 0) Date.now = (): number => rightNow() + config.ownSkewMs;
  await startWorkerRole({
    ...roleOf(config),
    now: () => Date.now(),
    seal: createSeal(readSealingKeys(config.sealingKeys)),
    // What a killed worker had in hand is taken up again soon, or a run would be mostly waiting.
    stall: { lockDurationMs: 4000, stalledIntervalMs: 500 },
    sweepEveryMs: 1000,
    settings: {
      birdApiUrl: config.sandboxUrl,
      birdAccessKey,
      connectorTemplate: "whatsapp:1",
      requestTimeoutMs: 1000,
      postsPerSecond: config.postsPerSecond,
      getsPerSecond: config.getsPerSecond,
      // Few at once: on a busy machine a hundred would outlast their short locks and only be taken up again.
      concurrency: 25,
      maxAttempts: 8,
      backoffBaseMs: 50,
      backoffCapMs: 1000,
      holdBaseMs: 100,
      holdCapMs: 2000,
      lookDelaysMs: [200, 600, 1500],
      firstPollMs: 3000,
      deadlineMs: 24 * 3_600_000,
      readyStatuses: ["active"],
      numberMaxCreates: 100,
      numberWindowMs: 24 * 3_600_000,
      retentionMs,
    },
  });
  return "";
};

const beImporter = async (config: ConfigOf<"importer">): Promise<string> => {
  const { redisUrl, prefix, sealingKeys } = config;
  const client = await connectRedis(redisUrl, { whenAway: "wait", name: "importer" });
  const producer = await createProducer({ redisUrl, prefix, sealingKeys, retentionMs });
  const importAll = async (): Promise<boolean> => {
    if ((await client.get(importedKey(prefix))) !== null) return true;
    const { batchId, rows } = await producer.importRows(chaosRows(config, config.workspaces), {
      name: "imported",
    });
    for await (const _ of rows);
    await client.set(importedKey(prefix), batchId);
    return true;
  };
  const untilImported = async (): Promise<void> => {
    while (!(await importAll().catch(() => false))) await pause(100);
  };
  void untilImported();
  return "";
};

const beApi = async (config: ConfigOf<"api">): Promise<string> => {
  const { sandboxUrl: birdApiUrl, sealingKeys, port } = config;
  const role = roleOf(config);
  const api = await startApiRole({
    ...role,
    producer: await openProducer(role, { sealingKeys, retentionMs }),
    doctor: noSettings,
    seal: createSeal(readSealingKeys(sealingKeys)),
    settings: {
      ...localApi,
      port,
      birdApiUrl,
      birdAccessKey,
      requestTimeoutMs: 1000,
      holdBaseMs: 100,
      holdCapMs: 2000,
      retentionMs,
    },
  });
  return api.url;
};

const become = (): Promise<string> => {
  switch (config.role) {
    case "sandbox":
      return beSandbox(config);
    case "webhook":
      return beWebhook(config);
    case "worker":
      return beWorker(config);
    case "importer":
      return beImporter(config);
    case "api":
      return beApi(config);
  }
};

// Ctrl-C reaches the whole group, but only the parent decides who ends when.
process.on("SIGINT", () => undefined);
// The parent is gone: nobody else would end this process.
process.on("disconnect", () => process.exit(0));
process.send?.({ url: await become(), nowMs: Date.now() });
