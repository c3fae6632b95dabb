import { type Batches, createBatches } from "../../queue/batches/batches.ts";
import { type BatchDecisions, createBatchDecisions } from "../../queue/batches/decisions.ts";
import { createHolds } from "../../queue/gate/holds.ts";
import { createInstalls, type Installs } from "../../queue/installs/installs.ts";
import { createResumeWorkspace, type Resumption } from "../../queue/workspaces/held-installs.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openQueue } from "./open-queue.ts";
import { openRedis } from "./open-redis.ts";
import { cliRequester } from "./requester.ts";

/** What commands that seal nothing work with. */
interface OpenQueue {
  readonly batchActions: BatchDecisions;
  readonly batches: Batches;
  readonly installs: Installs;
  readonly resumeWorkspace: (workspaceId: string) => Promise<Resumption>;
}

/** Runs a command that seals nothing: it needs no sealing key. */
export const withQueue = async <T>(deps: CommandDeps, run: (queue: OpenQueue) => Promise<T>): Promise<T> => {
  const { config } = deps;
  const retentionMs = config.RETENTION_MS;
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis({ ...deps, shards: "look" });
  opened.defer(redis.close);
  const { client, keys, matching } = await openQueue(redis, { retentionMs, opened });
  const batches = createBatches({ client, keys, retentionMs });
  const holds = createHolds({ client, keys, baseMs: config.HOLD_BASE_MS, capMs: config.HOLD_CAP_MS });
  const requestedBy = cliRequester();
  return await run({
    batchActions: createBatchDecisions({ batches, requestedBy }),
    batches,
    installs: createInstalls({ client, keys, retentionMs }),
    resumeWorkspace: createResumeWorkspace({ client, keys, holds, matching, requestedBy }),
  });
};
