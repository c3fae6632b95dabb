import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { createProducer, type Producer } from "../producer/producer.ts";
import { connectRedis } from "../queue/connection.ts";
import { createInstalls, type Installs } from "../queue/installs.ts";
import { createInstallsQueue } from "../queue/installs-queue.ts";
import { createKeys } from "../queue/keys.ts";
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

/** Runs a command that only looks: it needs no sealing key. */
export const withInstalls = async <T>(deps: Deps, run: (installs: Installs) => Promise<T>): Promise<T> => {
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis(deps);
  opened.defer(redis.close);
  const client = await connectRedis(redis.url, { whenAway: "fail", name: "look" });
  opened.defer(async () => {
    await client.quit();
  });
  const keys = createKeys();
  const queue = createInstallsQueue({ client, keys });
  opened.defer(() => queue.close());
  return await run(createInstalls({ client, queue, keys }));
};
