import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import type { BatchFields } from "./view.ts";

/** Stands for every workspace there may be: a row of the batch could be about any. */
export const everyWorkspace = "*";

/** Of a batch that is about more workspaces than this, they are not kept: it counts as about every one. */
const workspacesMax = 100;

/**
 * Adds the workspaces of more rows to those a batch is about, kept as ids with spaces between, or `*`. A batch that was
 * begun before these were kept stays without. Answers 1, or 0 when they are not kept.
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
