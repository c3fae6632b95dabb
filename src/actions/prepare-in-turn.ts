import { setTimeout as pause } from "node:timers/promises";
import type { Preparation, PrepareWorkspace } from "../bird/prepare-workspace.ts";

/** Delay before the next attempt while another process prepares the workspace. */
const againMs = 250;

/** The result for one workspace. `fix`: what an operator has to do. */
export interface Prepared {
  readonly workspaceId: string;
  readonly status: "present" | "created" | "missing" | "unavailable";
  readonly url?: string;
  readonly reason?: string;
  readonly fix?: string;
}

/**
 * Prepares a workspace, and waits while another process does; its lock expires by itself.
 *
 * @param options.limitMs How long it waits; undefined is returned then. Default: as long as it takes.
 */
export const prepareInTurn = async (
  prepare: PrepareWorkspace,
  workspaceId: string,
  { rotate, limitMs = Number.POSITIVE_INFINITY }: { readonly rotate: boolean; readonly limitMs?: number },
): Promise<Prepared | undefined> => {
  const startMs = performance.now();
  for (;;) {
    const done = await prepare(workspaceId, { rotate });
    if (done.kind !== "busy") return viewOf(workspaceId, done);
    if (performance.now() - startMs > limitMs) return undefined;
    await pause(againMs);
  }
};

const viewOf = (workspaceId: string, done: Exclude<Preparation, { readonly kind: "busy" }>): Prepared => {
  if (done.kind === "present") return { workspaceId, status: done.kind, url: done.url };
  const problem = done.kind === "created" ? done.left : done.problem;
  return {
    workspaceId,
    status: done.kind,
    ...(done.kind === "created" && { url: done.url }),
    ...(problem !== undefined && { reason: problem.what, fix: problem.fix }),
  };
};
