import { InstallNotFoundError } from "../../install/errors/errors.ts";
import type { Install } from "../../install/install.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { exitCode, printJson, printLine, printNote } from "../terminal/io.ts";
import { printOfStatus } from "../terminal/paint-status.ts";
import type { WaitDeps } from "../terminal/wait-news.ts";
import { followInstall } from "./follow.ts";
import { installText, timelineLine } from "./text.ts";

interface StatusDeps extends WaitDeps {
  readonly producer: { readonly installs: Pick<Installs, "find" | "timeline"> };
  /** What stops an install, in words. */
  readonly stopOf?: ((install: Install) => Promise<string | undefined>) | undefined;
}

export interface StatusArgs {
  readonly id: string;
  /** Follows the install until it has ended. */
  readonly watch?: boolean | undefined;
  readonly json: boolean;
  /** Stops watching. */
  readonly signal?: AbortSignal | undefined;
}

/** `perch status`: prints one install and its timeline, or follows it to its end. */
export const statusCommand = async (deps: StatusDeps, args: StatusArgs): Promise<number> => {
  try {
    return args.watch === true ? await watch(deps, args) : await show(deps, args);
  } catch (error) {
    if (!(error instanceof InstallNotFoundError)) throw error;
    printNote(deps.io, error.message);
    return exitCode.failed;
  }
};

const show = async ({ io, producer, stopOf }: StatusDeps, { id, json }: StatusArgs): Promise<number> => {
  const install = await producer.installs.find(id);
  if (install === undefined) throw new InstallNotFoundError(id);
  const timeline = await producer.installs.timeline(id);
  if (json) printJson(io, { ...install, timeline });
  else {
    const stop = await stopOf?.(install);
    printOfStatus(io, install.status, [...installText(install, { stop }), "", ...timeline.map(timelineLine)]);
  }
  return exitCode.done;
};

const watch = async (
  { producer, ...deps }: StatusDeps,
  { id, json, signal }: StatusArgs,
): Promise<number> => {
  const { io } = deps;
  const { installs } = producer;
  const ended = await followInstall({ ...deps, installs }, { id, signal, isSilent: json });
  if (typeof ended === "number") return ended;
  if (json) printJson(io, { ...ended, timeline: await installs.timeline(id) });
  else {
    printLine(io, "");
    printOfStatus(io, ended.status, installText(ended));
  }
  return ended.status === "completed" ? exitCode.done : exitCode.failed;
};
