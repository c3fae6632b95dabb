import type { Producer } from "../../../src/producer/producer.ts";
import { createInstallsQueues } from "../../../src/queue/installs/queue.ts";
import type { Keys } from "../../../src/queue/keyspace/keys.ts";
import { createMatching } from "../../../src/queue/matching/matching.ts";
import type { RedisClient } from "../../../src/redis/client.ts";
import type { Sandbox } from "../../../src/sandbox/sandbox.ts";
import { until } from "../../support/until.ts";
import { crashSettings } from "./crash-settings.ts";

/**
 * Leaves a parked install with an event that nobody told it of, as a worker does that is killed between its park and its
 * look while the event came during the run: only the sweep can wake it. An event wakes what it finds parked, so it is
 * not among the parked while the event is stored.
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
    const delayed = keys.installsIn("delayed");
    const dueScore = (await client.zscore(delayed, installId)) ?? "0";
    await client.zrem(delayed, installId);
    await matching.arrive({
      connectorId,
      channelId,
      status: "active",
      isUsable: true,
      workspaceId: undefined,
    });
    await client.zadd(delayed, dueScore, installId);
  } finally {
    await queues.close();
  }
};
