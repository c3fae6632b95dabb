import { createProducer, type Producer } from "../../producer/producer.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";
import { openTraces } from "./open-traces.ts";
import { cliRequester } from "./requester.ts";
import { producerSettings } from "./role-settings.ts";

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
  const producer = await createProducer(
    {
      redisUrl: redis.url,
      sealingKeys: sealingKeys.text,
      ...producerSettings(config),
      requestedBy: cliRequester(),
    },
    { registersShards: deps.onlyLooks !== true },
  );
  opened.defer(producer.close);
  return await run(producer);
};
