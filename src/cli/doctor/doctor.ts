import { z } from "zod";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import type { Finding } from "./check.ts";
import { checks } from "./checks/index.ts";
import { runChecks } from "./run-checks.ts";
import { type DoctorDeps, withDoctorContext } from "./with-context.ts";

export interface DoctorArgs {
  /** Default: a few that installs name. */
  readonly workspace?: readonly string[] | undefined;
  readonly json: boolean;
}

/** `perch doctor`: checks everything an install needs and prints what to fix. Changes nothing. */
export const doctorCommand = async (
  { io, ...deps }: Omit<DoctorDeps, "workspaceIds"> & { readonly io: Io },
  { workspace = [], json }: DoctorArgs,
): Promise<number> => {
  const workspaceIds = workspace.map((id) => id.toLowerCase());
  const wrong = workspaceIds.find((id) => !z.guid().safeParse(id).success);
  if (wrong !== undefined) {
    printNote(io, "--workspace takes UUIDs; the ws_… text in Bird's addresses does not work.");
    return exitCode.wrongUsage;
  }
  const found = await withDoctorContext({ ...deps, workspaceIds }, (context) => runChecks(checks, context));
  const isOk = found.every(({ status }) => status !== "fail");
  if (json) printJson(io, { ok: isOk, checks: found });
  else {
    for (const finding of found) printLine(io, line(finding));
    printNote(io, summaryOf(found));
  }
  return isOk ? exitCode.done : exitCode.failed;
};

const line = ({ id, status, summary, fix }: Finding): string =>
  `${status.padEnd(7)} ${id.padEnd(17)} ${summary}${fix === undefined ? "" : ` Fix: ${fix}`}`;

const summaryOf = (found: readonly Finding[]): string =>
  (["ok", "warn", "fail", "skipped"] as const)
    .map((status) => `${found.filter((finding) => finding.status === status).length} ${status}`)
    .join(", ");
