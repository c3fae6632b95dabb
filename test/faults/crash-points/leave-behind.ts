import type { Producer } from "../../../src/producer/producer.ts";
import { createInstallsQueues } from "../../../src/queue/installs/queue.ts";
import type { Keys } from "../../../src/queue/keyspace/keys.ts";
import { createMatching } from "../../../src/queue/matching/matching.ts";
import type { RedisClient } from "../../../src/redis/client.ts";
import type { Sandbox } from "../../../src/sandbox/sandbox.ts";
import { until } from "../../support/until.ts";
import { crashSettings } from "./crash-settings.ts";

/**
 * Does what a webhook does before its 2xx and nothing of what comes after it, as if it were killed there: the
 * event of a parked install is stored, and only the sweep can wake it.
 */
export const leaveBehind = async (
  deps: {
    readonly client: RedisClient;
    readonly keys: Keys;
    readonly producer: Producer;
    readonly sandbox: Sandbox;
  },
  installId: string,
): Promise<void> => {
  const { client, keys, producer, sandbox } = deps;
  const queues = createInstallsQueues({ client, keys });
  const queue = queues.of("");
  const { retentionMs } = crashSettings;
  try {
    const { connectorId, channelId } = await until("the install is parked and has its channel", async () => {
      if ((await queue.getJobState(installId)) !== "delayed") return undefined;
      const install = await producer.installs.find(installId);
      const made = sandbox.report().connectors.find(({ id }) => id === install?.connectorId);
      return made?.channelId !== undefined && { connectorId: made.id, channelId: made.channelId };
    });
    const matching = createMatching({ client, queues, keys, retentionMs });
    await matching.arrive({
      connectorId,
      channelId,
      status: "active",
      isUsable: true,
      workspaceId: undefined,
    });
  } finally {
    await queues.close();
  }
};
