import {
  type Continued,
  type EmbeddedRedis,
  startEmbeddedRedis,
} from "../../embedded-redis/embedded-redis.ts";
import { createKeys } from "../../queue/keyspace/keys.ts";
import { readShardNumber } from "../../queue/keyspace/shard-number.ts";
import { continueRun } from "../../queue/redis-state/restart-recheck.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";

/** Starts or reuses the private Redis; one that goes on where it was stopped is not taken for a restored backup. */
export const startPrivateRedis = (options: {
  readonly dataDir: string;
  /** Where a fetched server is kept; default: in the data directory. */
  readonly serversDir?: string | undefined;
  readonly serverBin: string | undefined;
  /** Default true. */
  readonly allowDownload?: boolean;
  readonly log?: (message: string) => void;
}): Promise<EmbeddedRedis> =>
  startEmbeddedRedis({ ...options, path: process.env.PATH, onContinued: continueInAllShards });

/** Also in shards that this process was not told of: its own clean end speaks for them, too. */
const continueInAllShards = async ({ url, runId }: Continued): Promise<void> => {
  const client = await connectRedis(url, { whenAway: "fail", name: "start" });
  try {
    const shards = await readShardNumber({ client, keys: createKeys() });
    await continueRun({ client, keys: createKeys(undefined, shards) }, runId);
  } finally {
    await closeRedis(client);
  }
};
