import { InstallNotFoundError } from "../../install/errors.ts";
import { type Install, isEnded, type TimelineEntry } from "../../install/install.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import type { WhyWaiting } from "../batch/watch.ts";
import { exitCode, type Io, printLine, printNote } from "../terminal/io.ts";
import { createWaitNews, type WaitNews } from "../terminal/wait-news.ts";
import { timelineLine } from "./text.ts";

export interface FollowDeps {
  readonly io: Io;
  readonly installs: Pick<Installs, "find" | "timeline">;
  /** Waits between two reads; rejects when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
  readonly whyWaiting?: WhyWaiting | undefined;
}

const lookEveryMs = 1000;

/**
 * Prints the lines of an install's timeline as they come, until it has ended, and why it waits.
 *
 * @returns the install at its end, or the exit code: the signal was aborted, or off a terminal it never ends by itself.
 * @throws {InstallNotFoundError}
 */
export const followInstall = async (
  { io, installs, pause, whyWaiting = async () => undefined }: FollowDeps,
  {
    id,
    signal,
    isSilent,
  }: { readonly id: string; readonly signal?: AbortSignal | undefined; readonly isSilent: boolean },
): Promise<Install | number> => {
  const news = createWaitNews({ say: (line) => printNote(io, line), look: () => whyWaiting(id) });
  const printed = new Set<string>();
  for (;;) {
    const install = await installs.find(id);
    if (install === undefined) throw new InstallNotFoundError(id);
    const fresh = newLines(await installs.timeline(id), printed);
    if (!isSilent) for (const line of fresh) printLine(io, line);
    if (isEnded(install.status)) return install;
    const code = await pauseOrStop({ io, pause, news }, signal);
    if (code === undefined) continue;
    printNote(io, `Stopped watching. The install goes on; follow it with: perch status ${id} --watch`);
    return code;
  }
};

/** A line is printed once, however often it is read. */
const newLines = (timeline: readonly TimelineEntry[], printed: Set<string>): readonly string[] => {
  const fresh = timeline.map(timelineLine).filter((line) => !printed.has(line));
  for (const line of fresh) printed.add(line);
  return fresh;
};

/** Waits until the next read. @returns the exit code when there is none. */
const pauseOrStop = async (
  { io, pause, news }: Pick<FollowDeps, "io" | "pause"> & { readonly news: WaitNews },
  signal: AbortSignal | undefined,
): Promise<number | undefined> => {
  const reason = await news.check();
  if (reason?.isEndless === true && !io.isTty) return exitCode.failed;
  await pause(lookEveryMs, signal).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
  return signal?.aborted === true ? exitCode.interrupted : undefined;
};
