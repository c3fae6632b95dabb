import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { gcra } from "./budget.ts";

/** Of the budget, what is kept for single installs while files take all they can. */
const keptShare = 0.2;
/** Longest pause, ms: an answer that asks for more is not believed. */
const pauseMaxMs = 3_600_000;

/**
 * A place among the requests to Meta (GCRA, by Redis's clock), unless they pause. Answers the ms until the place, and
 * takes it when they are no more than `patienceMs`.
 */
const takeMetaPlace = defineScript({
  name: "perchMetaPlace",
  keys: ["budget", "appPause", "accountPause"],
  args: ["stepMs", "burst", "patienceMs"],
  answer: z.tuple([z.enum(["go", "later", "paused"]), z.number()]),
  lua: `
local pausedMs = math.max(redis.call('PTTL', appPause), redis.call('PTTL', accountPause))
if pausedMs > 0 then return {'paused', pausedMs} end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
stepMs, burst = tonumber(stepMs), tonumber(burst)
local tat = math.max(tonumber(redis.call('GET', budget) or '0'), nowMs)
local waitMs = math.max(0, math.ceil(tat - stepMs * (burst - 1) - nowMs))
if waitMs > tonumber(patienceMs) then return {'later', waitMs} end
redis.call('SET', budget, string.format('%.3f', tat + stepMs), 'PX', math.ceil(tat + stepMs - nowMs) + 1000)
return {'go', waitMs}`,
});

/** Lengthens a pause, and never shortens one. */
const pauseMeta = defineScript({
  name: "perchMetaPause",
  keys: ["pause"],
  args: ["ms"],
  answer: z.number(),
  lua: `
if redis.call('PTTL', pause) >= tonumber(ms) then return 0 end
redis.call('SET', pause, '1', 'PX', ms)
return 1`,
});

/**
 * The budget of requests to Meta's Graph API, for the whole fleet, and the pauses Meta asks for: of the app, or of one
 * WhatsApp Business account. In the home, because it is one app whatever workspaces are asked about.
 *
 * @param deps.perSecond `META_READS_PER_SECOND`.
 */
export const createMetaBudget = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly perSecond: number;
}) => {
  const { client, perSecond } = deps;
  const home = deps.keys.home();
  const rates = {
    interactive: gcra({ perSecond: perSecond * keptShare }),
    bulk: gcra({ perSecond: perSecond * (1 - keptShare) }),
  } as const;
  return {
    take: async (asked: {
      readonly account: string;
      readonly use: keyof typeof rates;
      readonly patienceMs: number;
    }) => {
      const { account, use, patienceMs } = asked;
      const [kind, waitMs] = await takeMetaPlace(client, {
        budget: home.metaBudget(use),
        appPause: home.metaPause(""),
        accountPause: home.metaPause(account),
        ...rates[use],
        patienceMs,
      });
      return { kind, waitMs };
    },
    pause: async ({ account = "" }: { readonly account: string | undefined }, ms: number): Promise<void> => {
      await pauseMeta(client, { pause: home.metaPause(account), ms: Math.min(pauseMaxMs, Math.ceil(ms)) });
    },
  };
};
