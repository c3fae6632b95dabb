import { z } from "zod";
import { countedStatuses, type InstallStatus } from "../../install/install.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import type { InstallData } from "./data.ts";

/**
 * Statuses that BullMQ's own sets do not tell apart, and their scores in `keys.statuses`. `paused` ones are `queued` to
 * callers. Every install has at most one score, so whatever is written twice counts once.
 */
export const statusScores = { awaiting_channel: 1, retrying: 2, held: 3, paused: 4, cancelled: 5 } as const;

/** The score of installs with this status; undefined: BullMQ's own sets tell it. */
export const scoreOfStatus = (status: InstallStatus | undefined): number | undefined =>
  Object.entries(statusScores).find(([name]) => name === status)?.[1];

/**
 * Reads marked installs of one score that are older than an id, newest first: equal scores are in the order of ids, so the
 * place of the id is found by halving.
 */
export const readMarked = defineScript({
  name: "perchMarked",
  keys: ["statuses"],
  args: ["score", "before", "limit"],
  answer: z.array(z.string()),
  lua: `
local first = redis.call('ZCOUNT', statuses, '-inf', '(' .. score)
local low, last = first, first + redis.call('ZCOUNT', statuses, score, score)
while before ~= '' and low < last do
  local middle = math.floor((low + last) / 2)
  if redis.call('ZRANGE', statuses, middle, middle)[1] < before then low = middle + 1 else last = middle end
end
if last == first then return {} end
local ids = redis.call('ZRANGE', statuses, math.max(first, last - limit), last - 1)
local newestFirst = {}
for at = #ids, 1, -1 do table.insert(newestFirst, ids[at]) end
return newestFirst`,
});

/** The score of an install that has been parked or failed with this data; 0 for one that needs none. */
export const statusScoreOf = ({ failure, connectorId, held, paused }: InstallData): number => {
  if (failure !== undefined) return failure.code === "cancelled" ? statusScores.cancelled : 0;
  if (connectorId !== undefined) return statusScores.awaiting_channel;
  if (held !== undefined) return statusScores.held;
  return paused === true ? statusScores.paused : statusScores.retrying;
};

/**
 * Lua: `markStatus(statuses, installId, score)`. Only the run that holds the install's lock calls it, and before BullMQ
 * ends the install, so that an install that has ended is marked as nothing but cancelled. Before an install is added,
 * `createMarkPaused` marks it.
 */
export const markStatusLua = `
local function markStatus(statuses, installId, score)
  if tonumber(score) == 0 then redis.call('ZREM', statuses, installId)
  else redis.call('ZADD', statuses, score, installId) end
end`;

/** Marks those of some installs that have no job yet: later only their runs may. */
const markPaused = defineScript({
  name: "perchMarkPaused",
  keys: ["statuses"],
  args: ["jobKeyPrefix"],
  moreArgs: "installIds",
  answer: z.null(),
  lua: `
for _, id in ipairs(installIds) do
  if redis.call('EXISTS', jobKeyPrefix .. id) == 0 then redis.call('ZADD', statuses, 'NX', ${statusScores.paused}, id) end
end`,
});

/** Marks installs that are about to be added and wait for their batch, so that they are counted as paused. */
export const createMarkPaused =
  ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) =>
  async (installIds: readonly string[]): Promise<void> => {
    const byShard = [...Map.groupBy(installIds, (id) => keys.ofInstall(id))];
    await Promise.all(
      byShard.map(([{ statuses, job }, ids]) =>
        markPaused(client, { statuses, jobKeyPrefix: job(""), installIds: ids }),
      ),
    );
  };

/**
 * Counts the installs of a shard by status, in one instant and in a time that grows only with the number of runs in
 * workers' hands. Answers in the order of `countedStatuses`. An install in a run is `submitting` unless it has its connector, whatever it was parked as before.
 */
const countStatuses = defineScript({
  name: "perchStatuses",
  keys: ["statuses", "wait", "prioritized", "active", "delayed", "completed", "failed"],
  answer: z.array(z.number()),
  lua: `
local marked = {}
for score = 1, ${statusScores.cancelled} do marked[score] = redis.call('ZCOUNT', statuses, score, score) end
local running, submitting = redis.call('LRANGE', active, 0, -1), 0
for _, id in ipairs(running) do
  local score = tonumber(redis.call('ZSCORE', statuses, id) or '0')
  if score ~= ${statusScores.awaiting_channel} then
    submitting = submitting + 1
    if score > 0 then marked[score] = marked[score] - 1 end
  end
end
local live = redis.call('LLEN', wait) + redis.call('ZCARD', prioritized) + redis.call('ZCARD', delayed) + #running
local awaiting, retrying, held, paused, cancelled = unpack(marked)
local queued = live - submitting - awaiting - retrying - held - paused
local failures = redis.call('ZCARD', failed) - cancelled
return {math.max(0, queued), submitting, awaiting, retrying, held, paused, redis.call('ZCARD', completed), math.max(0, failures), cancelled}`,
});

const countsSchema = z.record(z.enum(countedStatuses), z.number());

/** Installs by the status callers see, the `paused` ones apart from the other `queued` ones. */
export type StatusCounts = Readonly<z.infer<typeof countsSchema>>;

/** Reads how many installs of the fleet have each status. */
export const createCountStatuses = ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): (() => Promise<StatusCounts>) => {
  const countShard = (shard: Keys): Promise<readonly number[]> =>
    countStatuses(client, {
      statuses: shard.statuses,
      wait: shard.installsIn("wait"),
      prioritized: shard.installsIn("prioritized"),
      active: shard.installsIn("active"),
      delayed: shard.installsIn("delayed"),
      completed: shard.installsIn("completed"),
      failed: shard.installsIn("failed"),
    });
  return async () => {
    const shards = await eachShard(keys, countShard);
    const counts = countedStatuses.map((status, place) => [
      status,
      shards.reduce((sum, ofShard) => sum + (ofShard[place] ?? 0), 0),
    ]);
    return countsSchema.parse(Object.fromEntries(counts));
  };
};

/**
 * Removes the marks of installs that cannot have them: of ended ones that were not cancelled, and of those that are gone.
 * A worker of an older version ends an install without its mark, and BullMQ removes expired ones by itself.
 */
const unmarkEnded = defineScript({
  name: "perchUnmark",
  keys: ["statuses", "failed"],
  args: ["cursor", "count", "jobKeyPrefix"],
  answer: z.string(),
  lua: `
local page = redis.call('ZSCAN', statuses, cursor, 'COUNT', count)
for at = 1, #page[2], 2 do
  local id, score = page[2][at], tonumber(page[2][at + 1])
  local ends = redis.call('HMGET', jobKeyPrefix .. id, 'timestamp', 'finishedOn')
  local isCancelled = score == ${statusScores.cancelled} and redis.call('ZSCORE', failed, id)
  if not ends[1] or (ends[2] and not isCancelled) then redis.call('ZREM', statuses, id) end
end
return page[1]`,
});

/** Marks looked at in one step. */
const stepSize = 500;

/** Looks at some marks of each shard and removes those of installs that cannot have them. */
export const createUnmarkSome = ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) => {
  const cursors = new Map<string, string>();
  return async (): Promise<void> => {
    for (const shard of keys.shards) {
      const { statuses } = shard;
      const cursor = cursors.get(statuses) ?? "0";
      const failed = shard.installsIn("failed");
      const inputs = { statuses, failed, cursor, count: stepSize, jobKeyPrefix: shard.job("") };
      cursors.set(statuses, await unmarkEnded(client, inputs));
    }
  };
};
