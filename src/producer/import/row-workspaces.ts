import { installMembersSchema } from "../../install/request.ts";
import { everyWorkspace } from "../../queue/batches/reach.ts";
import type { EnqueuedRow } from "../put/enqueued.ts";

/**
 * The distinct workspaces of rows. A rejected row may name no workspace, or one that its sender does not reach: it counts
 * for all workspaces that the sender reaches.
 *
 * @param within Workspaces that the sender of the rows reaches; undefined: all.
 */
export const rowWorkspaces = (
  rows: readonly EnqueuedRow[],
  within: readonly string[] | undefined,
): readonly string[] => [...new Set(rows.flatMap((row) => workspacesOf(row, within)))];

const workspacesOf = (row: EnqueuedRow, within: readonly string[] | undefined): readonly string[] => {
  if ("install" in row) return [row.install.workspaceId];
  const named = inputSchema.safeParse(row.input).data?.workspaceId;
  const isReached = named !== undefined && (within === undefined || within.includes(named));
  return isReached ? [named] : (within ?? [everyWorkspace]);
};

const inputSchema = installMembersSchema.pick({ workspaceId: true }).strip();
