import type { Producer } from "../../producer/producer.ts";
import { openProducer } from "../../roles/producer.ts";
import { producerSettings } from "../../roles/settings.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";
import { openTraces } from "./open-traces.ts";
import { cliRequester } from "./requester.ts";

/**
 * Runs a command that enqueues, with a producer that is closed afterwards.
 *
 * @param deps.onlyLooks It enqueues nothing after all.
 */
export const withProducer = async <T>(
  deps: CommandDeps & { readonly onlyLooks?: boolean },
  run: (producer: Producer) => Promise<T>,
): Promise<T> => {
  const { config, dataDir } = deps;
  await using opened = new AsyncDisposableStack();
  const traces = await openTraces({ ...deps, role: "perch" });
  opened.defer(async () => traces?.close());
  const redis = await openRedis({ ...deps, shards: "look" });
  opened.defer(redis.close);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const producer = await openProducer(
    { redisUrl: redis.url, keys: redis.keys, opened },
    { sealingKeys: sealingKeys.text, ...producerSettings(config), requestedBy: cliRequester() },
    { registersShards: deps.onlyLooks !== true },
  );
  return await run(producer);
};
