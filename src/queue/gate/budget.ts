import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";

/** Requests to Bird of one workspace, fleet-wide. */
export interface Budget {
  readonly perSecond: number;
}

/**
 * The generic cell rate algorithm for a budget: one place every `stepMs`, `burst` of them at once. The burst
 * is a quarter of the rate, so that the busiest second stays within a quarter above it: Perch's default of
 * 400 POSTs then never passes Bird's ceiling of 500.
 */
export const gcra = ({ perSecond }: Budget): { readonly stepMs: number; readonly burst: number } => ({
  stepMs: 1000 / perSecond,
  burst: Math.max(1, Math.floor(perSecond / 4)),
});

export interface ReadBudget {
  /** How long until a GET of this workspace would have a place, ms; takes none. */
  peek(workspaceId: string): Promise<number>;
  /** Takes the next place and answers how long until then, ms. */
  take(workspaceId: string): Promise<number>;
}

/** A place in a budget (GCRA). `take` reserves the next one, `peek` leaves it. Answers the ms until then. */
const askBudget = defineScript({
  name: "perchBudget",
  keys: ["budget"],
  args: ["nowMs", "stepMs", "burst", "mode"],
  answer: z.number(),
  lua: `
nowMs, stepMs, burst = tonumber(nowMs), tonumber(stepMs), tonumber(burst)
local tat = math.max(tonumber(redis.call('GET', budget) or '0'), nowMs)
local waitMs = math.max(0, math.ceil(tat - stepMs * (burst - 1) - nowMs))
if mode == 'take' then
  redis.call('SET', budget, string.format('%.3f', tat + stepMs), 'PX', math.ceil(tat + stepMs - nowMs) + 1000)
end
return waitMs`,
});

/**
 * GETs at Bird are scarce: a workspace's looks and polls share `BIRD_GETS_PER_SECOND`.
 *
 * @param deps.kind `look-up`: the pace of channel look-ups, which take a place of the shared budget besides. Default `get`.
 */
export const createReadBudget = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly budget: Budget;
  readonly kind?: "get" | "look-up";
  readonly now: () => number;
}): ReadBudget => {
  const { client, now } = deps;
  const { assignShard } = createPlacement(deps);
  const { stepMs, burst } = gcra(deps.budget);
  const ask = (mode: "peek" | "take") => async (workspaceId: string) => {
    const shard = await assignShard(workspaceId);
    return askBudget(client, {
      budget: shard.budget(deps.kind ?? "get", workspaceId),
      ...{ nowMs: now(), stepMs, burst, mode },
    });
  };
  return { peek: ask("peek"), take: ask("take") };
};
