import { InstallNotFoundError } from "../../install/errors.ts";
import type { TimelineEntry } from "../../install/install.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { installText } from "./text.ts";

interface StatusDeps {
  readonly io: Io;
  readonly producer: { readonly installs: Pick<Installs, "find" | "timeline"> };
}

/** `perch status`: prints one install and its timeline. */
export const statusCommand = async (
  { io, producer }: StatusDeps,
  { id, json }: { readonly id: string; readonly json: boolean },
): Promise<number> => {
  const install = await producer.installs.find(id);
  if (install === undefined) {
    printNote(io, new InstallNotFoundError(id).message);
    return exitCode.failed;
  }
  const timeline = await producer.installs.timeline(id);
  if (json) printJson(io, { ...install, timeline });
  else for (const line of [...installText(install), "", ...timeline.map(timelineLine)]) printLine(io, line);
  return exitCode.done;
};

const timelineLine = ({ at, what, ...details }: TimelineEntry): string => {
  const known = Object.entries(details).filter(([, value]) => value !== undefined);
  const suffix = known.map(([name, value]) => `${name} ${value}`).join(", ");
  return `  ${at.padEnd(24)}  ${what}${suffix === "" ? "" : ` (${suffix})`}`;
};
