import { createUninstall, type Uninstall } from "../api/uninstall.ts";
import { createBirdClient } from "../bird/bird-client.ts";
import { createConnectors } from "../bird/connectors.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { createProducer, type Producer } from "../producer/producer.ts";
import { closeRedis, connectRedis } from "../queue/connection.ts";
import { createResumeWorkspace, type Resumption } from "../queue/held-installs.ts";
import { createHolds } from "../queue/holds.ts";
import { createInstallActions, type InstallActions } from "../queue/install-actions.ts";
import { createInstalls, type Installs } from "../queue/installs.ts";
import { createInstallsQueue } from "../queue/installs-queue.ts";
import { createKeys } from "../queue/keys.ts";
import { createMatching } from "../queue/matching.ts";
import { createSeal } from "../queue/seal.ts";
import { parseSealingKeys } from "../queue/sealing-keys.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";

interface Deps {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
}

/** Runs a command that enqueues, with a producer that is closed afterwards. */
export const withProducer = async <T>(deps: Deps, run: (producer: Producer) => Promise<T>): Promise<T> => {
  const { config, dataDir } = deps;
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis(deps);
  opened.defer(redis.close);
  const producer = await createProducer({
    redisUrl: redis.url,
    sealingKeys: await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir }),
    maxAttempts: config.INSTALL_MAX_ATTEMPTS,
    retentionMs: config.RETENTION_MS,
  });
  opened.defer(producer.close);
  return await run(producer);
};

/** What commands that act on installs work with. */
interface OpenActions {
  readonly actions: InstallActions;
  readonly uninstall: Uninstall;
}

/** Runs a command that changes installs which exist. */
export const withActions = async <T>(deps: Deps, run: (open: OpenActions) => Promise<T>): Promise<T> => {
  const { config, dataDir } = deps;
  const retentionMs = config.RETENTION_MS;
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis(deps);
  opened.defer(redis.close);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const client = await connectRedis(redis.url, { whenAway: "fail", name: "command" });
  opened.defer(() => closeRedis(client));
  const keys = createKeys();
  const queue = createInstallsQueue({ client, keys });
  opened.defer(() => queue.close());
  const matching = createMatching({ client, queue, keys, retentionMs });
  const installs = createInstalls({ client, keys, retentionMs });
  const seal = createSeal(parseSealingKeys(sealingKeys) ?? []);
  const actions = createInstallActions({ client, keys, queue, installs, matching, seal });
  const bird = createBirdClient({
    baseUrl: config.BIRD_API_URL,
    accessKey: config.BIRD_ACCESS_KEY ?? "",
    requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
  });
  opened.defer(async () => bird.close());
  const uninstall = createUninstall({ installs, actions, connectors: createConnectors({ client: bird }) });
  return await run({ actions, uninstall });
};

/** What commands that seal nothing work with. */
interface OpenQueue {
  readonly installs: Installs;
  readonly resumeWorkspace: (workspaceId: string) => Promise<Resumption>;
}

/** Runs a command that seals nothing: it needs no sealing key. */
export const withQueue = async <T>(deps: Deps, run: (queue: OpenQueue) => Promise<T>): Promise<T> => {
  const { config } = deps;
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis(deps);
  opened.defer(redis.close);
  const client = await connectRedis(redis.url, { whenAway: "fail", name: "command" });
  opened.defer(() => closeRedis(client));
  const keys = createKeys();
  const queue = createInstallsQueue({ client, keys });
  opened.defer(() => queue.close());
  const matching = createMatching({ client, queue, keys, retentionMs: config.RETENTION_MS });
  const holds = createHolds({ client, keys, baseMs: config.HOLD_BASE_MS, capMs: config.HOLD_CAP_MS });
  return await run({
    installs: createInstalls({ client, keys, retentionMs: config.RETENTION_MS }),
    resumeWorkspace: createResumeWorkspace({ client, keys, holds, matching }),
  });
};
