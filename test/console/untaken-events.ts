import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createUnreadableEvents } from "../../src/queue/matching/unreadable.ts";
import { workspaceId } from "../support/request.ts";
import { quickSettings, type Stack } from "../support/stack.ts";
import { hostileName } from "./console-fixture.ts";

/** The connector of the event that matches no install. */
export const connectorId = "c1f2a3b4-7d1a-4f0e-9c55-3a1f0f6f4d10";

/** One event that matches no install, and one that cannot be read. */
export const arrive = async (
  { client, keys: redisKeys }: Stack,
  channelId = "d1f2a3b4-7d1a-4f0e-9c55-3a1f0f6f4d10",
): Promise<void> => {
  const queues = createInstallsQueues({ client, keys: redisKeys });
  const { retentionMs } = quickSettings;
  await createMatching({ client, queues, keys: redisKeys, retentionMs }).arrive({
    ...{ connectorId, channelId, status: "active", isUsable: true },
    ...{ workspaceId, identifier: hostileName },
  });
  await createUnreadableEvents({ client, keys: redisKeys, retentionMs }).keep({
    body: Buffer.from(JSON.stringify({ service: "channels", payload: { name: "a-secret-value", n: [1] } })),
    workspaceId,
    reason: `It is of another kind: ${hostileName}`,
  });
  await queues.close();
};
