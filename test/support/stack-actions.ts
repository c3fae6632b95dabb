import { createUninstall, type Uninstall } from "../../src/actions/uninstall.ts";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import { createConnectors } from "../../src/bird/connectors.ts";
import { type BatchActions, createBatchActions } from "../../src/queue/actions/batch.ts";
import { createInstallActions, type InstallActions } from "../../src/queue/actions/installs.ts";
import { createUninstalling, type Uninstalling } from "../../src/queue/actions/uninstalling.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { addMoveBatch, createChoresQueue } from "../../src/queue/maintenance/chores.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createSeal } from "../../src/queue/secrets/seal.ts";
import { quickSettings, type Stack, type StackOptions, withStack } from "./stack.ts";

/** What people do to the installs and batches of a stack. */
export interface StackActions {
  readonly actions: InstallActions;
  readonly batchActions: BatchActions;
  readonly uninstalling: Uninstalling;
  readonly uninstall: Uninstall;
}

/** Runs a test against a stack of its own, with what people do to its installs. */
export const withStackActions = (
  options: StackOptions,
  run: (stack: Stack, acts: StackActions) => Promise<void>,
): Promise<void> =>
  withStack(options, async (stack) => {
    const { client, keys, producer } = stack;
    const { batches, installs } = producer;
    const queues = createInstallsQueues({ client, keys });
    const matching = createMatching({ client, queues, keys, retentionMs: quickSettings.retentionMs });
    const seal = createSeal(stack.sealingKeys);
    const actions = createInstallActions({ client, keys, queues, installs, matching, batches, seal });
    const chores = createChoresQueue({ client, keys });
    const addMove = (batchId: string) => addMoveBatch(chores, batchId);
    const { retentionMs } = quickSettings;
    const uninstalling = createUninstalling({ client, keys, installs, retentionMs });
    const bird = createBirdClient({
      baseUrl: stack.sandbox.url,
      accessKey: stack.sandbox.accessKey,
      requestTimeoutMs: 2000,
    });
    await run(stack, {
      actions,
      uninstalling,
      uninstall: createUninstall({ installs, uninstalling, connectors: createConnectors({ client: bird }) }),
      batchActions: createBatchActions({ client, keys, batches, installs, actions, addMove }),
    });
    bird.close();
    await Promise.all([queues.close(), chores.close()]);
  });
