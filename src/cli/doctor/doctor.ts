import { z } from "zod";
import type { Finding } from "../../doctor/check.ts";
import { examine } from "../../doctor/doctor.ts";
import { foldEqual, isProblem } from "../../doctor/fold.ts";
import type { DoctorDeps } from "../../doctor/with-context.ts";
import { privateRedisNote } from "../open/private-use.ts";
import { exitCode, type Io, printable, printJson, printNote } from "../terminal/io.ts";
import { paintStatus } from "../terminal/paint-status.ts";
import { findRedis } from "./find-redis.ts";

export interface DoctorArgs {
  /** Default: a few that installs name. */
  readonly workspace?: readonly string[] | undefined;
  /** Prints problems only, and nothing when there are none. */
  readonly quiet?: boolean | undefined;
  readonly json: boolean;
}

/** `perch doctor`: checks everything an install needs and prints what to fix, problems first. Changes nothing. */
export const doctorCommand = async (
  { io, ...deps }: Omit<DoctorDeps, "workspaceIds" | "redisUrl"> & { readonly io: Io },
  { workspace = [], quiet = false, json }: DoctorArgs,
): Promise<number> => {
  const workspaceIds = workspace.map((id) => id.toLowerCase());
  const wrong = workspaceIds.find((id) => !z.guid().safeParse(id).success);
  if (wrong !== undefined) {
    printNote(io, "--workspace takes UUIDs; the ws_… text in Bird's addresses does not work.");
    return exitCode.wrongUsage;
  }
  if (usesPrivateRedis(deps.settings)) printNote(io, privateRedisNote(deps.dataDir));
  await using opened = new AsyncDisposableStack();
  const redisUrl = await findRedis(deps, opened);
  const { ok: isOk, checks: all } = await examine({ ...deps, redisUrl, workspaceIds });
  const found = quiet ? all.filter(isProblem) : all;
  if (json) printJson(io, { ok: isOk, checks: found });
  else {
    const paint = paintStatus(io);
    for (const finding of foldEqual(found)) io.stdout.write(`${line(finding, paint)}\n`);
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
