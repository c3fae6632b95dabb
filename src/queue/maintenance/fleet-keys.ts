import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
}

/** How long after the last worker its keys are remembered, ms. */
const keptMs = 7 * 86_400_000;

/** A key that no worker has recorded for this long before the newest record is in use no more, ms. */
const recentMs = 60_000;

const recordKeys = defineScript({
  name: "perchRecordSealingKeys",
  keys: ["sealingKeys"],
  args: ["keptMs"],
  moreArgs: "fingerprints",
  answer: z.null(),
  lua: `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
for _, fingerprint in ipairs(fingerprints) do redis.call('ZADD', sealingKeys, nowMs, fingerprint) end
redis.call('ZREMRANGEBYSCORE', sealingKeys, '-inf', nowMs - tonumber(keptMs))
redis.call('PEXPIRE', sealingKeys, keptMs)`,
});

/** Records the sealing keys a worker opens tokens with, by their fingerprints. To be repeated while it runs. */
export const recordSealingKeys = async (
  { client, keys }: Deps,
  fingerprints: readonly string[],
): Promise<void> => {
  await recordKeys(client, { sealingKeys: keys.home().sealingKeys, keptMs, fingerprints });
};

/**
 * Whether a worker that runs, or the last one that did, can open what the key of this fingerprint seals. True where no
 * worker has recorded its keys in the last seven days.
 */
export const canFleetOpen = async ({ client, keys }: Deps, fingerprint: string): Promise<boolean> => {
  const { sealingKeys } = keys.home();
  // The newest first: a worker that records its keys between the two reads makes none of them foreign.
  const [, newestMs] = await client.zrange(sealingKeys, "-1", "-1", "WITHSCORES");
  const score = await client.zscore(sealingKeys, fingerprint);
  return newestMs === undefined || (score !== null && Number(score) > Number(newestMs) - recentMs);
};
