import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { bundleOf } from "../../support/bundle.ts";
import { type CrashTask, crashNewsSchema } from "./crash-task.ts";

/** A role in a process of its own. */
export interface CrashChild {
  readonly url: string;
  /** What it has passed so far, in order; empty when it is to crash. */
  readonly points: readonly string[];
  /** The signal that ended it. */
  readonly died: Promise<string>;
  kill(): Promise<void>;
}

const program = await bundleOf(join(import.meta.dirname, "crash-process.ts"));

/** Starts a role in a process of its own and waits until it is idle and counts its steps. */
export const startCrashChild = async (task: CrashTask): Promise<CrashChild> => {
  const child = fork(program, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const died = once(child, "exit").then(([code, signal]) => String(signal ?? code));
  const points: string[] = [];
  const armed = Promise.withResolvers<string>();
  child.on("message", (message) => {
    const news = crashNewsSchema.parse(message);
    if (news.kind === "armed") armed.resolve(news.url);
    else points.push(news.point);
  });
  child.send(task);
  const early = died.then((end): never => {
    throw new Error(`the ${task.role} ended by ${end} before it was ready`);
  });
  const url = await Promise.race([armed.promise, early]);
  early.catch(() => undefined);
  return {
    url,
    points,
    died,
    kill: async () => {
      child.kill("SIGKILL");
      await died;
    },
  };
};
