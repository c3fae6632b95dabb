import { createEraseNumber, type EraseNumber } from "../../queue/actions/erase.ts";
import { createBatches } from "../../queue/batches/batches.ts";
import { createInstalls } from "../../queue/installs/installs.ts";
import { createNotificationsQueue } from "../../queue/outbox/data.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openQueue } from "./open-queue.ts";
import { openRedis } from "./open-redis.ts";

/** Runs the command that erases a number. It needs no sealing key: it opens nothing. */
export const withErase = async <T>(
  deps: CommandDeps,
  run: (open: { readonly eraseNumber: EraseNumber }) => Promise<T>,
): Promise<T> => {
  const retentionMs = deps.config.RETENTION_MS;
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis({ ...deps, shards: "look" });
  opened.defer(redis.close);
  const { client, keys } = await openQueue(redis, { retentionMs, opened });
  const notificationsQueue = createNotificationsQueue({ client, keys, retentionMs });
  opened.defer(() => notificationsQueue.close());
  const installs = createInstalls({ client, keys, retentionMs });
  const batches = createBatches({ client, keys, retentionMs });
  return await run({
    eraseNumber: createEraseNumber({ client, keys, installs, batches, notificationsQueue, retentionMs }),
  });
};
