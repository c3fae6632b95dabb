import { z } from "zod";
import { type InstallStatus, installStatuses } from "../../install/install.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Holds } from "../gate/holds.ts";
import { statusScores } from "../installs/statuses.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";
import { createFindWorkspace, type WorkspaceState } from "./workspaces.ts";

/** Installs of a workspace whose statuses are counted: the newest. */
export const countedMax = 100;
/** Workspaces that one page looks at, however few of them fit. */
const walkMax = 5000;
const walkSize = 1000;

/** Counts the newest installs of a workspace by status, as callers see it. Answers in the order of `installStatuses`. */
const countNewest = defineScript({
  name: "perchNewestStatuses",
  keys: ["set", "statuses", "completed", "failed", "active"],
  args: ["max", "jobKeyPrefix"],
  answer: z.array(z.number()),
  lua: `
max = tonumber(max)
local running = {}
for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do running[id] = true end
local ofScore = {[${statusScores.awaiting_channel}] = 'awaiting_channel', [${statusScores.retrying}] = 'retrying', [${statusScores.held}] = 'held', [${statusScores.paused}] = 'queued'}
local function statusOf(id)
  local score = tonumber(redis.call('ZSCORE', statuses, id) or '0')
  if redis.call('ZSCORE', completed, id) then return 'completed' end
  if redis.call('ZSCORE', failed, id) then return score == ${statusScores.cancelled} and 'cancelled' or 'failed' end
  if running[id] then return score == ${statusScores.awaiting_channel} and 'awaiting_channel' or 'submitting' end
  if redis.call('EXISTS', jobKeyPrefix .. id) == 0 then return 'gone' end
  return ofScore[score] or 'queued'
end
local counts, seen, bound = {}, 0, '+'
while seen < max do
  local name = redis.call('ZRANGE', set, bound, '-', 'BYLEX', 'REV', 'LIMIT', 0, 1)[1]
  if not name then break end
  for _, id in ipairs(redis.call('ZRANGE', set .. ':' .. name, 0, max - seen - 1, 'REV')) do
    local status = statusOf(id)
    counts[status] = (counts[status] or 0) + 1
    seen = seen + 1
  end
  bound = '(' .. name
end
return {${installStatuses.map((status) => `counts.${status} or 0`).join(", ")}}`,
});

/** A workspace as a row of the list. */
export interface WorkspaceRow extends WorkspaceState {
  /** Of its newest installs, a hundred at most, how many have each status. */
  readonly newest: Readonly<Record<InstallStatus, number>>;
  /** Whether Bird is called with an access key of its own. */
  readonly hasOwnKey: boolean;
  /** When the latest event for it came, Unix ms. */
  readonly lastEventMs: number | undefined;
  /** How far ahead its POST budget is taken, ms; 0: a create may be sent at once. */
  readonly budgetAheadMs: number;
}

export interface WorkspaceFilter {
  /** Only those that are held, or are not. */
  readonly held?: boolean | undefined;
  /** Part of the id. */
  readonly text?: string | undefined;
  /** Only these, in lower case, whether Perch knows them or not. */
  readonly within?: readonly string[] | undefined;
  readonly limit: number;
  /** The last workspace of the page before. */
  readonly after?: string | undefined;
}

interface WorkspacePage {
  readonly items: readonly WorkspaceRow[];
  readonly nextCursor: string | undefined;
  /** False until the workspaces of earlier versions have been found. */
  readonly isComplete: boolean;
}

export type ListWorkspaces = (filter: WorkspaceFilter) => Promise<WorkspacePage>;

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly holds: Pick<Holds, "find">;
  readonly now?: () => number;
}

const countsSchema = z.record(z.enum(installStatuses), z.number());

/** Reads everything that is known of one workspace, in about a dozen commands. */
export const createReadWorkspace = (deps: Deps): ((workspaceId: string) => Promise<WorkspaceRow>) => {
  const { client, keys } = deps;
  const now = deps.now ?? Date.now;
  const find = createFindWorkspace(deps);
  const { findShard } = createPlacement(deps);
  return async (workspaceId) => {
    const shard = await findShard(workspaceId);
    const [state, counts, ownKeys, lastEvent, budget] = await Promise.all([
      find(workspaceId),
      countNewest(client, {
        set: shard.workspaceInstalls(workspaceId),
        statuses: shard.statuses,
        completed: shard.installsIn("completed"),
        failed: shard.installsIn("failed"),
        active: shard.installsIn("active"),
        max: countedMax,
        jobKeyPrefix: shard.job(""),
      }),
      client.exists(shard.accessKey(workspaceId)),
      client.hget(keys.home().lastEvents, workspaceId),
      client.get(shard.budget("post", workspaceId)),
    ]);
    return {
      ...state,
      newest: countsSchema.parse(
        Object.fromEntries(installStatuses.map((status, at) => [status, counts[at] ?? 0])),
      ),
      hasOwnKey: ownKeys === 1,
      lastEventMs: lastEvent === null ? undefined : Number(lastEvent),
      budgetAheadMs: Math.max(0, Math.round(Number(budget ?? 0) - now())),
    };
  };
};

/** Lists workspaces in the order of their ids. */
export const createListWorkspaces = (deps: Deps): ListWorkspaces => {
  const { client, keys } = deps;
  const now = deps.now ?? Date.now;
  const home = keys.home();
  const read = createReadWorkspace(deps);

  /** Some hundred at most: they are held for minutes. */
  const readHeld = async (): Promise<ReadonlySet<string>> => {
    const found = await eachShard(keys, (shard) =>
      Promise.all(
        (["rate_limited", "unauthorized"] as const).map((reason) =>
          client.zrangebyscore(shard.heldWorkspaces(reason), `(${now()}`, "+inf"),
        ),
      ),
    );
    return new Set(found.flat(2));
  };

  /** The ids from a place on, in order; `isAll` says whether there are no more. */
  const idsAfter = async (
    after: string | undefined,
    { within, held }: WorkspaceFilter,
    heldNow: ReadonlySet<string>,
  ): Promise<{ readonly ids: readonly string[]; readonly isAll: boolean }> => {
    const few = within ?? (held === true ? [...heldNow] : undefined);
    if (few !== undefined)
      return { ids: few.filter((id) => after === undefined || id > after).toSorted(), isAll: true };
    const from = after === undefined ? "-" : `(${after}`;
    const ids = await client.zrange(home.workspaces, from, "+", "BYLEX", "LIMIT", 0, walkSize);
    return { ids, isAll: ids.length < walkSize };
  };

  return async (filter) => {
    const { held, text = "", limit } = filter;
    const [heldNow, found] = await Promise.all([
      held === undefined ? new Set<string>() : readHeld(),
      client.exists(home.workspacesFound),
    ]);
    const fits = (id: string): boolean =>
      id.includes(text.toLowerCase()) && (held === undefined || heldNow.has(id) === held);
    const fitting: string[] = [];
    let after = filter.after;
    let hasMore = true;
    for (let walked = 0; walked < walkMax && fitting.length <= limit && hasMore; ) {
      const { ids, isAll } = await idsAfter(after, filter, heldNow);
      fitting.push(...ids.filter(fits));
      after = ids.at(-1) ?? after;
      walked += ids.length;
      hasMore = !isAll;
    }
    const items = fitting.slice(0, limit);
    const nextCursor = fitting.length > limit ? items.at(-1) : hasMore ? after : undefined;
    return { items: await Promise.all(items.map(read)), nextCursor, isComplete: found === 1 };
  };
};
