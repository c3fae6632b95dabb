import { z } from "zod";
import { privateRedisNote } from "../open/private-use.ts";
import { exitCode, type Io, printable, printJson, printNote } from "../terminal/io.ts";
import { paintStatus } from "../terminal/paint-status.ts";
import type { Finding } from "./check.ts";
import { checks } from "./checks/index.ts";
import { foldWorkspaces, isProblem, problemsFirst } from "./fold.ts";
import { runChecks } from "./run-checks.ts";
import { type DoctorDeps, withDoctorContext } from "./with-context.ts";

export interface DoctorArgs {
  /** Default: a few that installs name. */
  readonly workspace?: readonly string[] | undefined;
  /** Prints problems only, and nothing when there are none. */
  readonly quiet?: boolean | undefined;
  readonly json: boolean;
}

/** `perch doctor`: checks everything an install needs and prints what to fix, problems first. Changes nothing. */
export const doctorCommand = async (
  { io, ...deps }: Omit<DoctorDeps, "workspaceIds"> & { readonly io: Io },
  { workspace = [], quiet = false, json }: DoctorArgs,
): Promise<number> => {
  const workspaceIds = workspace.map((id) => id.toLowerCase());
  const wrong = workspaceIds.find((id) => !z.guid().safeParse(id).success);
  if (wrong !== undefined) {
    printNote(io, "--workspace takes UUIDs; the ws_… text in Bird's addresses does not work.");
    return exitCode.wrongUsage;
  }
  if (usesPrivateRedis(deps.settings)) printNote(io, privateRedisNote(deps.dataDir));
  const all = await withDoctorContext({ ...deps, workspaceIds }, (context) => runChecks(checks, context));
  const isOk = all.every(({ status }) => status !== "fail");
  const found = problemsFirst(quiet ? all.filter(isProblem) : all);
  if (json) printJson(io, { ok: isOk, checks: found });
  else {
    const paint = paintStatus(io);
    for (const finding of foldWorkspaces(found)) io.stdout.write(`${line(finding, paint)}\n`);
    if (!quiet) printNote(io, summaryOf(found));
  }
  return isOk ? exitCode.done : exitCode.failed;
};

const usesPrivateRedis = ({ config, problems }: DoctorDeps["settings"]): boolean =>
  config.REDIS_URL === undefined && problems.every(({ name }) => name !== "REDIS_URL");

const line = ({ id, status, summary, fix }: Finding, paint: (status: string) => string): string =>
  `${paint(status.padEnd(7))} ${printable(`${id.padEnd(17)} ${summary}${fix === undefined ? "" : ` Fix: ${fix}`}`)}`;

const summaryOf = (found: readonly Finding[]): string =>
  (["ok", "warn", "fail", "skipped"] as const)
    .map((status) => `${found.filter((finding) => finding.status === status).length} ${status}`)
    .join(", ");
