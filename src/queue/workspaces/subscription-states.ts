import { randomUUID } from "node:crypto";
import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { type SubscriptionState, subscriptionStateSchema } from "../../install/workspace-state.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";

/** How long the last look is shown to people; how long it is believed is in `isFresh`. */
const shownMs = 30 * 86_400_000;

const presentMs = 86_400_000;
const missingMs = 30_000;
const awayMs = 5000;

/** Ends a lock that is still the caller's. Answers 1, or 0 when it is not. */
const unlock = defineScript({
  name: "perchUnlock",
  keys: ["lock"],
  args: ["token"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('GET', lock) ~= token then return 0 end
return redis.call('DEL', lock)`,
});

export interface SubscriptionStates {
  /** What was last seen, however long ago. */
  find(workspaceId: string): Promise<SubscriptionState | undefined>;
  remember(workspaceId: string, state: SubscriptionState): Promise<void>;
  /** Something contradicts what is remembered: the next install looks again. */
  forget(workspaceId: string): Promise<void>;
  /** Lets one process of the fleet act; undefined while another does. Ends by itself after `ttlMs`. */
  lock(workspaceId: string, ttlMs: number): Promise<{ readonly release: () => Promise<void> } | undefined>;
}

/** What is known of workspaces' subscriptions to `channel.created`, and who may change one. Fleet-wide. */
export const createSubscriptionStates = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): SubscriptionStates => {
  const { client } = deps;
  const { assignShard, findShard } = createPlacement(deps);
  return {
    find: async (workspaceId) => {
      const shard = await findShard(workspaceId);
      const text = await client.get(shard.subscription(workspaceId));
      return text === null ? undefined : subscriptionStateSchema.safeParse(jsonOrUndefined(text)).data;
    },
    remember: async (workspaceId, state) => {
      const shard = await assignShard(workspaceId);
      await client.set(shard.subscription(workspaceId), JSON.stringify(state), "PX", shownMs);
    },
    forget: async (workspaceId) => {
      const shard = await findShard(workspaceId);
      await client.del(shard.subscription(workspaceId));
    },
    lock: async (workspaceId, ttlMs) => {
      const [key, token] = [(await assignShard(workspaceId)).preparing(workspaceId), randomUUID()];
      const locked = await client.set(key, token, "PX", ttlMs, "NX");
      if (locked === null) return undefined;
      return {
        release: async () => {
          await unlock(client, { lock: key, token });
        },
      };
    },
  };
};

/**
 * Whether a look is believed without another: a day when the subscription was there, moments when it was not,
 * so that what a person mends is soon seen. A refused key is never believed: the hold says how long to wait.
 */
export const isFresh = ({ status, checkedAtMs, problem }: SubscriptionState, nowMs: number): boolean => {
  if (problem?.cause === "bad_key") return false;
  const keptMs = { present: presentMs, missing: missingMs, unavailable: awayMs }[status];
  return nowMs - checkedAtMs < keptMs;
};
