import { type BatchActions, createBatchActions } from "../../src/queue/batch-actions.ts";
import { createInstallActions, type InstallActions } from "../../src/queue/install-actions.ts";
import { createInstallsQueues } from "../../src/queue/installs-queue.ts";
import { createMatching } from "../../src/queue/matching.ts";
import { createSeal } from "../../src/queue/seal.ts";
import { quickSettings, type Stack, type StackOptions, withStack } from "./stack.ts";

/** What people do to the installs and batches of a stack. */
export interface StackActions {
  readonly actions: InstallActions;
  readonly batchActions: BatchActions;
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
    await run(stack, {
      actions,
      batchActions: createBatchActions({ client, keys, batches, installs, actions }),
    });
    await queues.close();
  });
