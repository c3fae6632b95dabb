import { InstallNotFoundError } from "../../install/errors/errors.ts";
import { type Install, isEnded, type TimelineEntry } from "../../install/install.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { printLine, printNote } from "../terminal/io.ts";
import { type WaitDeps, waitWithNews } from "../terminal/wait-news.ts";
import { timelineLine } from "./text.ts";

/**
 * Prints the lines of an install's timeline as they come, until it has ended, and why it waits.
 *
 * @returns the install at its end, or the exit code: the signal was aborted, or off a terminal it never ends by itself.
 * @throws {InstallNotFoundError}
 */
export const followInstall = async (
  { installs, ...deps }: WaitDeps & { readonly installs: Pick<Installs, "find" | "timeline"> },
  {
    id,
    signal,
    isSilent,
  }: { readonly id: string; readonly signal?: AbortSignal | undefined; readonly isSilent: boolean },
): Promise<Install | number> => {
  const { io } = deps;
  const printed = new Set<string>();
  const look = async (): Promise<Install | undefined> => {
    const install = await installs.find(id);
    if (install === undefined) throw new InstallNotFoundError(id);
    const fresh = newLines(await installs.timeline(id), printed);
    if (!isSilent) for (const line of fresh) printLine(io, line);
    return isEnded(install.status) ? install : undefined;
  };
  const ended = await waitWithNews(deps, { id, look, signal });
  if (typeof ended === "number")
    printNote(io, `Stopped watching. The install goes on; follow it with: perch status ${id} --watch`);
  return ended;
};

/** A line is printed once, however often it is read. */
const newLines = (timeline: readonly TimelineEntry[], printed: Set<string>): readonly string[] => {
  const fresh = timeline.map(timelineLine).filter((line) => !printed.has(line));
  for (const line of fresh) printed.add(line);
  return fresh;
};
