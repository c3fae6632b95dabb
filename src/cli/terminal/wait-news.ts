import { setTimeout } from "node:timers/promises";
import { exitCode, type Io, printNote } from "./io.ts";

/** What a command waits for. */
export interface WaitReason {
  readonly text: string;
  /** It never comes by itself. */
  readonly isEndless: boolean;
}

/** What every command that waits may be given. */
export interface WaitDeps {
  readonly io: Io;
  /** Reads why an install or a batch does not move; undefined while it does. */
  readonly whyWaiting?: ((id: string) => Promise<WaitReason | undefined>) | undefined;
  /** Waits between two looks; rejects when the signal is aborted. */
  readonly pause?: ((ms: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined;
  /** A clock in ms that only goes up. */
  readonly now?: (() => number) | undefined;
}

export const lookEveryMs = 1000;
const newsEveryMs = 5000;

/**
 * Looks once a second until what is waited for has come. Says why it has not after 5 s, and again whenever that changes.
 *
 * @param wait.look Undefined until it has come.
 * @param wait.say Default: prints a note.
 * @returns what has come, or the exit code: the signal was aborted, or off a terminal it never comes by itself.
 */
export const waitWithNews = async <Come extends object>(
  deps: WaitDeps,
  {
    id,
    look,
    say,
    signal,
  }: {
    readonly id: string;
    readonly look: () => Promise<Come | undefined>;
    readonly say?: ((line: string) => void) | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Come | number> => {
  const { io, pause = sleep } = deps;
  const tell = createNews(deps, { id, say });
  try {
    while (signal?.aborted !== true) {
      const come = await look();
      if (come !== undefined) return come;
      const reason = await tell();
      if (reason?.isEndless === true && !io.isTty) return exitCode.failed;
      await pause(lookEveryMs, signal);
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
  return exitCode.interrupted;
};

/** Reads and says the reason, every 5 s however often it is called. */
const createNews = (
  { io, whyWaiting, now = () => performance.now() }: WaitDeps,
  {
    id,
    say = (line) => printNote(io, line),
  }: { readonly id: string; readonly say?: ((line: string) => void) | undefined },
) => {
  let readAtMs = now();
  let said: string | undefined;
  return async (): Promise<WaitReason | undefined> => {
    if (now() - readAtMs < newsEveryMs) return undefined;
    readAtMs = now();
    const reason = await whyWaiting?.(id);
    if (reason !== undefined && reason.text !== said) say(reason.text);
    said = reason?.text;
    return reason;
  };
};

const sleep: NonNullable<WaitDeps["pause"]> = (ms, signal) => setTimeout(ms, undefined, { signal });
