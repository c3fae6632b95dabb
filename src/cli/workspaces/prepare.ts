import { setTimeout as pause } from "node:timers/promises";
import type { Preparation, PrepareWorkspace } from "../../bird/prepare-workspace.ts";
import { exitCode, type Io, printJson, printLine } from "../terminal/io.ts";
import { refuseWorkspaces } from "./refuse.ts";

/** Delay before the next attempt while a worker prepares the workspace. */
const againMs = 250;

/** `perch workspaces prepare`: makes sure that Bird sends Perch a workspace's channel events. */
export const workspacesPrepareCommand = async (
  { io, prepare }: { readonly io: Io; readonly prepare: PrepareWorkspace },
  args: { readonly workspaces: readonly string[]; readonly rotate: boolean; readonly json: boolean },
): Promise<number> => {
  const refused = refuseWorkspaces(io, args.workspaces);
  if (refused !== undefined) return refused;
  const results: Prepared[] = [];
  for (const workspace of args.workspaces) {
    const workspaceId = workspace.toLowerCase();
    const result = view(workspaceId, await prepareInTurn(prepare, workspaceId, args.rotate));
    results.push(result);
    if (!args.json) printLine(io, sentence(result));
  }
  if (args.json) printJson(io, results);
  return results.every(({ fix }) => fix === undefined) ? exitCode.done : exitCode.failed;
};

/** Waits while another process prepares the workspace; its lock expires by itself. */
const prepareInTurn = async (
  prepare: PrepareWorkspace,
  workspaceId: string,
  rotate: boolean,
): Promise<Exclude<Preparation, { readonly kind: "busy" }>> => {
  for (;;) {
    const done = await prepare(workspaceId, { rotate });
    if (done.kind !== "busy") return done;
    await pause(againMs);
  }
};

/** The result for one workspace. `fix`: what an operator has to do. */
interface Prepared {
  readonly workspaceId: string;
  readonly status: "present" | "created" | "missing" | "unavailable";
  readonly url?: string;
  readonly reason?: string;
  readonly fix?: string;
}

const view = (workspaceId: string, done: Exclude<Preparation, { readonly kind: "busy" }>): Prepared => {
  if (done.kind === "present") return { workspaceId, status: done.kind, url: done.url };
  const problem = done.kind === "created" ? done.left : done.problem;
  return {
    workspaceId,
    status: done.kind,
    ...(done.kind === "created" && { url: done.url }),
    ...(problem !== undefined && { reason: problem.what, fix: problem.fix }),
  };
};

const sentence = ({ workspaceId, status, url, reason, fix }: Prepared): string => {
  const where = url === undefined ? "" : ` (${url})`;
  const rest = reason === undefined ? "." : `: ${reason}. To mend it: ${fix}.`;
  return `${workspaceId} ${status}${where}${rest}`;
};
