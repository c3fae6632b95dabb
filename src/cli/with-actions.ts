import { createUninstall, type Uninstall } from "../api/uninstall.ts";
import { createBirdClient } from "../bird/bird-client.ts";
import { createConnectors } from "../bird/connectors.ts";
import { createAccessKeys } from "../queue/access-keys.ts";
import { type BatchActions, createBatchActions } from "../queue/batch-actions.ts";
import { type Batches, createBatches } from "../queue/batches.ts";
import { closeRedis, connectRedis } from "../queue/connection.ts";
import { createInstallActions, type InstallActions } from "../queue/install-actions.ts";
import { createInstalls, type Installs } from "../queue/installs.ts";
import { createInstallsQueue } from "../queue/installs-queue.ts";
import { createKeys } from "../queue/keys.ts";
import { createMatching } from "../queue/matching.ts";
import { createSeal } from "../queue/seal.ts";
import { parseSealingKeys } from "../queue/sealing-keys.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";

/** What commands that act on installs work with. */
interface OpenActions {
  readonly actions: InstallActions;
  readonly batchActions: BatchActions;
  readonly batches: Batches;
  readonly installs: Installs;
  readonly uninstall: Uninstall;
}

/** Runs a command that changes installs which exist. */
export const withActions = async <T>(
  deps: CommandDeps,
  run: (open: OpenActions) => Promise<T>,
): Promise<T> => {
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
  const batches = createBatches({ client, keys, retentionMs });
  const actions = createInstallActions({ client, keys, queue, installs, matching, batches, seal });
  const batchActions = createBatchActions({ client, keys, batches, installs, actions });
  const bird = createBirdClient({
    baseUrl: config.BIRD_API_URL,
    accessKey: createAccessKeys({ client, keys, seal, defaultKey: config.BIRD_ACCESS_KEY ?? "" }),
    requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
  });
  opened.defer(async () => bird.close());
  const uninstall = createUninstall({ installs, actions, connectors: createConnectors({ client: bird }) });
  return await run({ actions, batchActions, batches, installs, uninstall });
};
