import { type Prepared, prepareInTurn } from "../../actions/prepare-in-turn.ts";
import type { PrepareWorkspace } from "../../bird/prepare-workspace.ts";
import { exitCode, type Io, printJson, printLine } from "../terminal/io.ts";
import { refuseWorkspaces } from "./refuse.ts";

/** `perch workspaces prepare`: makes sure that Bird sends Perch a workspace's channel events. */
export const workspacesPrepareCommand = async (
  { io, prepare }: { readonly io: Io; readonly prepare: PrepareWorkspace },
  args: { readonly workspaces: readonly string[]; readonly rotate: boolean; readonly json: boolean },
): Promise<number> => {
  const refused = refuseWorkspaces(io, args.workspaces);
  if (refused !== undefined) return refused;
  const results: Prepared[] = [];
  for (const workspace of args.workspaces) {
    const result = await prepareInTurn(prepare, workspace.toLowerCase(), args);
    if (result === undefined) continue;
    results.push(result);
    if (!args.json) printLine(io, sentence(result));
  }
  if (args.json) printJson(io, results);
  return results.every(({ fix }) => fix === undefined) ? exitCode.done : exitCode.failed;
};

const sentence = ({ workspaceId, status, url, reason, fix }: Prepared): string => {
  const where = url === undefined ? "" : ` (${url})`;
  const rest = reason === undefined ? "." : `: ${reason}. To mend it: ${fix}.`;
  return `${workspaceId} ${status}${where}${rest}`;
};
