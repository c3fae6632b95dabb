import { randomBytes } from "node:crypto";
import { workspaceSigningKey } from "../bird/signature.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { createProducer, type Producer } from "../producer/producer.ts";
import { closeRedis, connectRedis } from "../queue/connection.ts";
import { createKeys } from "../queue/keys.ts";
import { createSeal } from "../queue/seal.ts";
import { parseSealingKeys } from "../queue/sealing-keys.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import type { SandboxOptions } from "../sandbox/sandbox-options.ts";
import { startWebhook } from "../webhook/webhook.ts";
import { startWorker } from "../worker/worker.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";
import { webhookSettings, workerSettings } from "./role-settings.ts";

/** All roles in one process. */
export interface Stack {
  readonly producer: Producer;
  readonly webhookUrl: string;
  /** Undefined when it talks to Bird. */
  readonly sandbox: Sandbox | undefined;
  readonly isRedisEmbedded: boolean;
  close(): Promise<void>;
}

export interface StackDeps {
  readonly config: Config;
  /** Where a private Redis and its sealing key live. */
  readonly dataDir: string;
  readonly log: Logger;
  readonly sandbox?: SandboxOptions | undefined;
}

/**
 * Starts every role: a private Redis unless there is one, the sandbox unless there is a key for Bird, the
 * webhook service, a worker and a producer. What was started before a failure is closed again.
 */
export const startStack = async (deps: StackDeps): Promise<Stack> => {
  const { config, dataDir, log } = deps;
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis({ config, dataDir, log });
  opened.defer(redis.close);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const keys = createKeys();
  const connect = async (role: "worker" | "webhook") => {
    const client = await connectRedis(redis.url, {
      whenAway: role === "worker" ? "wait" : "fail",
      name: role,
    });
    opened.defer(() => closeRedis(client));
    return client;
  };

  const isSandboxed = config.BIRD_ACCESS_KEY === undefined;
  const signingSecret =
    config.WEBHOOK_SIGNING_SECRET ?? (isSandboxed ? randomBytes(32).toString("hex") : undefined);
  const settings = webhookSettings({ ...config, WEBHOOK_SIGNING_SECRET: signingSecret });
  const webhook = await startWebhook({ client: await connect("webhook"), keys, settings, log });
  opened.defer(webhook.close);

  const sandbox = isSandboxed
    ? await startSandbox({
        port: config.SANDBOX_PORT,
        log: (message) => log.debug(message),
        subscribeAll: {
          url: `${config.WEBHOOK_PUBLIC_URL ?? webhook.url}/webhooks/bird/{workspaceId}`,
          signingKey: (workspaceId) => workspaceSigningKey(signingSecret ?? "", workspaceId),
          events: ["channel.created", "channel.updated"],
        },
        ...deps.sandbox,
      })
    : undefined;
  if (sandbox !== undefined) opened.defer(sandbox.close);

  const worker = await startWorker({
    client: await connect("worker"),
    keys,
    seal: createSeal(parseSealingKeys(sealingKeys) ?? []),
    settings: workerSettings(config, {
      url: sandbox?.url ?? config.BIRD_API_URL,
      accessKey: sandbox?.accessKey ?? config.BIRD_ACCESS_KEY ?? "",
    }),
    log,
  });
  opened.defer(() => worker.close());
  const producer = await createProducer({
    redisUrl: redis.url,
    sealingKeys,
    maxAttempts: config.INSTALL_MAX_ATTEMPTS,
    retentionMs: config.RETENTION_MS,
  });
  opened.defer(producer.close);
  const running = opened.move();
  return {
    producer,
    webhookUrl: webhook.url,
    sandbox,
    isRedisEmbedded: redis.isEmbedded,
    close: () => running.disposeAsync(),
  };
};
