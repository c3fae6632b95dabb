import type { Result } from "ioredis";
import type { BatchFields } from "./batch-view.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchBatchWorkspaces(...args: (string | number)[]): Result<0 | 1, Context>;
  }
}

/** Stands for every workspace there may be: a row of the batch could be about any. */
export const everyWorkspace = "*";

/** Of a batch that is about more workspaces than this, they are not kept: it counts as about every one. */
const workspacesMax = 100;

/** The Lua script about which workspaces a batch is about: ids with spaces between, or `*`. */
export const batchReachScripts = {
  // Workspaces of more rows. A batch that was begun before this was kept stays without. -> 1 kept · 0 not
  perchBatchWorkspaces: {
    numberOfKeys: 1,
    lua: `
local known = redis.call('HGET', KEYS[1], 'workspaces')
if not known then return 0 end
if known == '${everyWorkspace}' then return 1 end
local all, has = {}, {}
local function add(id)
  if not has[id] then
    has[id] = true
    table.insert(all, id)
  end
end
for id in string.gmatch(known, '%S+') do add(id) end
for _, id in ipairs(ARGV) do add(id) end
if #all > ${workspacesMax} or has['${everyWorkspace}'] then all = {'${everyWorkspace}'} end
redis.call('HSET', KEYS[1], 'workspaces', table.concat(all, ' '))
return 1`,
  },
} as const;

/**
 * Whether a batch is about nothing outside these workspaces. While its file is read it may turn out to be about any
 * that the one who sends it reaches.
 */
export const isBatchWithin = (
  { rowCount, workspaces = "", makerWorkspaces = everyWorkspace }: BatchFields,
  within: readonly string[],
): boolean => {
  const known = rowCount === undefined || workspaces === "" ? makerWorkspaces : workspaces;
  return known.split(" ").every((id) => within.includes(id));
};
