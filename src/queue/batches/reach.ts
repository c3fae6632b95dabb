import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import type { BatchFields } from "./view.ts";

/** Stands for any workspace: the batch may hold a row of each. */
export const everyWorkspace = "*";

/** A batch of more workspaces than this is stored as `everyWorkspace`. */
const workspacesMax = 100;

/**
 * Adds workspaces to those of a batch, stored as ids separated by spaces, or `*`. A batch of a version that did not store
 * them stays without. Answers 1, or 0 when they are not stored.
 */
export const addWorkspaces = defineScript({
  name: "perchBatchWorkspaces",
  keys: ["batch"],
  moreArgs: "workspaces",
  answer: z.literal([0, 1]),
  lua: `
local known = redis.call('HGET', batch, 'workspaces')
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
for _, id in ipairs(workspaces) do add(id) end
if #all > ${workspacesMax} or has['${everyWorkspace}'] then all = {'${everyWorkspace}'} end
redis.call('HSET', batch, 'workspaces', table.concat(all, ' '))
return 1`,
});

/**
 * Whether all workspaces of a batch are among these. While its file is still read, it counts as of all workspaces its
 * sender may access.
 */
export const isBatchWithin = (
  { rowCount, workspaces = "", makerWorkspaces = everyWorkspace }: BatchFields,
  within: readonly string[],
): boolean => {
  const known = rowCount === undefined || workspaces === "" ? makerWorkspaces : workspaces;
  return known.split(" ").every((id) => within.includes(id));
};
