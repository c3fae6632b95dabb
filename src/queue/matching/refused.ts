import { z } from "zod";
import { isoTime } from "../../install/values/shown-text.ts";
import { type WebhookRefusal, webhookRefusals } from "../../install/webhook-refusals.ts";
import { writeRegularly } from "../../redis/bounded.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";

/** Webhooks that were refused for one reason. */
export interface RefusedEvents {
  readonly reason: WebhookRefusal;
  readonly count: number;
  /** Of those counted. ISO 8601, UTC. */
  readonly firstAt: string;
  readonly lastAt: string;
}

/** How often a process writes what it counted, ms. */
export const refusedFlushMs = 5000;

/** Adds to the counts of some reasons, each with how long ago the first and the last of these was. */
const addRefused = defineScript({
  name: "perchRefused",
  keys: [],
  args: ["keptMs"],
  each: { keys: ["refused"], args: ["count", "firstAgoMs", "lastAgoMs"] },
  answer: z.null(),
  lua: `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
for _, of in ipairs(each) do
  redis.call('HINCRBY', of.refused, 'count', of.count)
  redis.call('HSETNX', of.refused, 'first', string.format('%.0f', nowMs - of.firstAgoMs))
  local last = math.max(nowMs - of.lastAgoMs, tonumber(redis.call('HGET', of.refused, 'last') or '0'))
  redis.call('HSET', of.refused, 'last', string.format('%.0f', last))
  redis.call('PEXPIRE', of.refused, keptMs)
end`,
});

interface Counted {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Counts the refusals of one process. */
export interface CountRefused {
  count(reason: WebhookRefusal): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

/**
 * Counts refused webhooks in memory and writes them every few seconds, all in one call, so that requests anyone can send
 * cost Redis nothing each. What a killed process counted since is lost. What Redis did not take is written with the next:
 * it may then be counted twice, which is better than nothing of the time when Redis was unreachable.
 */
export const createCountRefused = (
  deps: { readonly client: RedisClient; readonly keys: Keys; readonly retentionMs: number },
  { everyMs = refusedFlushMs, now = () => performance.now() } = {},
): CountRefused => {
  const { client, retentionMs: keptMs } = deps;
  const home = deps.keys.home();
  let counted = new Map<WebhookRefusal, Counted>();

  const add = (reason: WebhookRefusal, { count, firstMs, lastMs }: Counted): void => {
    const known = counted.get(reason);
    counted.set(reason, {
      count: count + (known?.count ?? 0),
      firstMs: Math.min(firstMs, known?.firstMs ?? firstMs),
      lastMs: Math.max(lastMs, known?.lastMs ?? lastMs),
    });
  };
  const write = async (): Promise<void> => {
    const taken = [...counted];
    if (taken.length === 0) return;
    counted = new Map();
    const nowMs = now();
    const each = taken.map(([reason, { count, firstMs, lastMs }]) => ({
      refused: home.refusedEvents(reason),
      count,
      firstAgoMs: Math.round(nowMs - firstMs),
      lastAgoMs: Math.round(nowMs - lastMs),
    }));
    await addRefused(client, { keptMs, each }).catch(() => {
      for (const [reason, some] of taken) add(reason, some);
    });
  };
  const { close } = writeRegularly(write, everyMs);

  return {
    count: (reason) => {
      const nowMs = now();
      add(reason, { count: 1, firstMs: nowMs, lastMs: nowMs });
    },
    close,
  };
};

/** Lists the reasons for which webhooks were refused, the latest first. */
export const createListRefused =
  ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) =>
  async (): Promise<readonly RefusedEvents[]> => {
    const home = keys.home();
    const found = await Promise.all(
      webhookRefusals.map(async (reason) => {
        const read = refusedSchema.safeParse(await client.hgetall(home.refusedEvents(reason)));
        return read.success ? [{ reason, ...read.data }] : [];
      }),
    );
    return found
      .flat()
      .sort((a, b) => b.last - a.last)
      .map(({ reason, count, first, last }) => ({
        reason,
        count,
        firstAt: isoTime(first),
        lastAt: isoTime(last),
      }));
  };

/** Not there, or written by another version in another form. */
const refusedSchema = z.object({
  count: z.coerce.number().int().min(1),
  first: z.coerce.number(),
  last: z.coerce.number(),
});
