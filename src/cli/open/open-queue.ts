import { createInstallsQueues, type InstallsQueues } from "../../queue/installs/queue.ts";
import type { Keys } from "../../queue/keyspace/keys.ts";
import { createMatching, type Matching } from "../../queue/matching/matching.ts";
import type { RedisClient } from "../../redis/client.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";
import type { OpenRedis } from "./open-redis.ts";

/** What commands read and change installs with. */
interface OpenedQueue {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly queues: InstallsQueues;
  readonly matching: Matching;
}

/** Connects a command to Redis; `opened` closes what that opens. */
export const openQueue = async (
  { url, keys }: Pick<OpenRedis, "url" | "keys">,
  { retentionMs, opened }: { readonly retentionMs: number; readonly opened: AsyncDisposableStack },
): Promise<OpenedQueue> => {
  const client = await connectRedis(url, { whenAway: "fail", name: "command" });
  opened.defer(() => closeRedis(client));
  const queues = createInstallsQueues({ client, keys });
  opened.defer(queues.close);
  return { client, keys, queues, matching: createMatching({ client, queues, keys, retentionMs }) };
};
