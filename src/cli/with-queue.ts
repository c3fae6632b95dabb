import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { createProducer, type Producer } from "../producer/producer.ts";
import { closeRedis, connectRedis } from "../queue/connection.ts";
import { createResumeWorkspace, type Resumption } from "../queue/held-installs.ts";
import { createHolds } from "../queue/holds.ts";
import { createInstalls, type Installs } from "../queue/installs.ts";
import { createInstallsQueue } from "../queue/installs-queue.ts";
import { createKeys } from "../queue/keys.ts";
import { createMatching } from "../queue/matching.ts";
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
    installs: createInstalls({ client, queue, keys }),
    resumeWorkspace: createResumeWorkspace({ client, keys, holds, matching }),
  });
};
