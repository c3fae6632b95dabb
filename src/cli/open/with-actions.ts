import { createUninstall, type Uninstall } from "../../actions/uninstall.ts";
import { createConnectors } from "../../bird/connectors.ts";
import { type BatchActions, createBatchActions } from "../../queue/actions/batch.ts";
import { createInstallActions, type InstallActions } from "../../queue/actions/installs.ts";
import { createUninstalling } from "../../queue/actions/uninstalling.ts";
import { type Batches, createBatches } from "../../queue/batches/batches.ts";
import { createInstalls, type Installs } from "../../queue/installs/installs.ts";
import { createSeal } from "../../queue/secrets/seal.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openBird } from "./open-bird.ts";
import { openQueue } from "./open-queue.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";
import { cliRequester } from "./requester.ts";

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
  const redis = await openRedis({ ...deps, shards: "look" });
  opened.defer(redis.close);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const { client, keys, queues, matching } = await openQueue(redis, { retentionMs, opened });
  const installs = createInstalls({ client, keys, retentionMs });
  const seal = createSeal(sealingKeys.keys);
  const batches = createBatches({ client, keys, retentionMs });
  const requestedBy = cliRequester();
  const common = { client, keys, installs, batches, requestedBy };
  const actions = createInstallActions({ ...common, queues, matching, seal });
  const batchActions = createBatchActions({ ...common, actions });
  const bird = openBird({ client, keys, seal }, { config, opened });
  const uninstall = createUninstall({
    installs,
    uninstalling: createUninstalling({ ...common, retentionMs }),
    connectors: createConnectors({ client: bird }),
  });
  return await run({ actions, batchActions, batches, installs, uninstall });
};
