import { closeRedis, connectRedis } from "../queue/connection.ts";
import { createInstallsQueue, type InstallsQueue } from "../queue/installs-queue.ts";
import { createKeys, type Keys } from "../queue/keys.ts";
import { createMatching, type Matching } from "../queue/matching.ts";
import type { RedisClient } from "../queue/redis-client.ts";

/** What commands read and change installs with. */
interface OpenedQueue {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly queue: InstallsQueue;
  readonly matching: Matching;
}

/** Connects a command to Redis; `opened` closes what that opens. */
export const openQueue = async (
  redisUrl: string,
  { retentionMs, opened }: { readonly retentionMs: number; readonly opened: AsyncDisposableStack },
): Promise<OpenedQueue> => {
  const client = await connectRedis(redisUrl, { whenAway: "fail", name: "command" });
  opened.defer(() => closeRedis(client));
  const keys = createKeys();
  const queue = createInstallsQueue({ client, keys });
  opened.defer(() => queue.close());
  return { client, keys, queue, matching: createMatching({ client, queue, keys, retentionMs }) };
};
