import { z } from "zod";
import type { ChannelWebhooksState } from "../../install/install.ts";
import type { ChannelWebhooks } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { readStoredInstall } from "../installs/data.ts";
import { timelineLine } from "../installs/timeline.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { Seal } from "../secrets/seal.ts";

interface ChannelWebhooksStore {
  /**
   * The subscriptions an install asked for; undefined when it asked for none, is gone, or has them already.
   *
   * @throws {UnsealError}
   */
  read(installId: string): Promise<ChannelWebhooks | undefined>;
  /** Writes down what became of them and drops the sealed key. */
  record(installId: string, state: ChannelWebhooksState): Promise<void>;
}

/**
 * Writes what became of the channel's webhooks of a completed install, whose data has no other writer any more. Answers
 * 1 when written, 0 when the install is gone.
 */
const recordWebhooks = defineScript({
  name: "perchChannelWebhooks",
  keys: ["job", "logs"],
  args: ["state", "data", "entry"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('HSET', job, 'channelWebhooks', state, 'data', data)
redis.call('RPUSH', logs, entry)
return 1`,
});

/** What a completed install asked of its channel's webhooks, and what became of it. */
export const createChannelWebhooksStore = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Pick<Seal, "openText">;
  readonly now: () => number;
}): ChannelWebhooksStore => {
  const { client, keys, seal, now } = deps;
  const dataOf = async (installId: string) => {
    const text = await client.hget(keys.ofInstall(installId).job(installId), "data");
    if (text === null) return undefined;
    // What cannot be read as a whole cannot be written back either.
    const { data, unreadable } = readStoredInstall(text);
    return unreadable === undefined ? data : undefined;
  };
  return {
    read: async (installId) => {
      const data = await dataOf(installId);
      const webhooks = data?.request.channelWebhooks;
      if (webhooks === undefined || data?.sealedSigningKey === undefined) return undefined;
      const { workspaceId } = data.request;
      const sealedFor = { purpose: "signing-key", installId, workspaceId } as const;
      return { ...webhooks, signingKey: await seal.openText(data.sealedSigningKey, sealedFor) };
    },
    record: async (installId, state) => {
      const data = await dataOf(installId);
      if (data === undefined) return;
      const { sealedSigningKey: _, ...rest } = data;
      const what =
        state.status === "subscribed" ? "the channel's webhooks subscribed" : "the channel's webhooks failed";
      const shard = keys.ofInstall(installId);
      await recordWebhooks(client, {
        job: shard.job(installId),
        logs: shard.logs(installId),
        state: JSON.stringify(state),
        data: JSON.stringify(rest),
        entry: timelineLine(now(), what, { error: state.error }),
      });
    },
  };
};
