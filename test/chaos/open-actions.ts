import { createUninstall, type Uninstall } from "../../src/actions/uninstall.ts";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import { createConnectors } from "../../src/bird/connectors.ts";
import type { Producer } from "../../src/producer/producer.ts";
import { createInstallActions, type InstallActions } from "../../src/queue/actions/installs.ts";
import { createUninstalling } from "../../src/queue/actions/uninstalling.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import type { Keys } from "../../src/queue/keyspace/keys.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createSeal, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { birdAccessKey } from "./child-config.ts";

interface OpenActions extends AsyncDisposable {
  readonly actions: InstallActions;
  readonly uninstall: Uninstall;
}

const retentionMs = 24 * 3_600_000;

/** What people can do, over a connection of their own. */
export const openActions = async (deps: {
  readonly redisUrl: string;
  readonly keys: Keys;
  readonly sealingKeys: string;
  readonly sandboxUrl: string;
  readonly producer: Producer;
}): Promise<OpenActions> => {
  const { keys, producer } = deps;
  const { batches, installs } = producer;
  const client = await connectRedis(deps.redisUrl, { whenAway: "fail", name: "people" });
  const queues = createInstallsQueues({ client, keys });
  const matching = createMatching({ client, queues, keys, retentionMs });
  const seal = createSeal(readSealingKeys(deps.sealingKeys));
  const bird = createBirdClient({
    baseUrl: deps.sandboxUrl,
    accessKey: birdAccessKey,
    requestTimeoutMs: 2000,
  });
  const uninstalling = createUninstalling({ client, keys, installs, retentionMs });
  return {
    actions: createInstallActions({ client, keys, queues, installs, matching, batches, seal }),
    uninstall: createUninstall({ installs, uninstalling, connectors: createConnectors({ client: bird }) }),
    [Symbol.asyncDispose]: async () => {
      bird.close();
      await queues.close();
      await closeRedis(client);
    },
  };
};
