import { isEnded } from "../install/install.ts";
import type { Installs } from "../queue/installs.ts";

/** How many of the installs watched have ended. */
export interface EndedCounts {
  readonly ended: number;
  readonly failed: number;
  readonly all: number;
}

interface WatchDeps {
  readonly installs: Pick<Installs, "findMany">;
  /** Waits; rejects when the signal says so. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

const groupSize = 250;
/** Most installs looked at between two pauses: what Redis answers in a fraction of a second. */
const lookMax = 2000;
const pauseMs = 1000;

/**
 * Looks at installs until all have ended, and tells how many have so far. Goes round those that have not, a
 * bounded number a second, so that watching a hundred thousand costs Redis no more than watching a few
 * thousand; while most of those looked at have ended, it does not pause. One that is gone counts as ended.
 *
 * @returns false when the signal said to stop.
 */
export const watchInstalls = async (
  deps: WatchDeps,
  installIds: readonly string[],
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress: (counts: EndedCounts) => void;
  },
): Promise<boolean> => {
  const { signal, onProgress } = options;
  let pending = [...new Set(installIds)];
  const all = pending.length;
  let failed = 0;
  while (pending.length > 0 && signal?.aborted !== true) {
    const looked = pending.slice(0, lookMax);
    const open: string[] = [];
    for (const group of groupsOf(looked)) {
      const found = await deps.installs.findMany(group);
      const statuses = found.map((install) => install?.status);
      open.push(...group.filter((_, index) => isOpen(statuses[index])));
      failed += statuses.filter((status) => status === "failed" || status === "cancelled").length;
    }
    pending = [...pending.slice(lookMax), ...open];
    onProgress({ ended: all - pending.length, failed, all });
    if (pending.length > 0 && open.length * 2 > looked.length) await pauseUnlessStopped(deps, signal);
  }
  return pending.length === 0;
};

const isOpen = (status: Parameters<typeof isEnded>[0] | undefined): boolean =>
  status !== undefined && !isEnded(status);

const pauseUnlessStopped = async ({ pause }: WatchDeps, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await pause(pauseMs, signal);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
};

function* groupsOf(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += groupSize) yield ids.slice(at, at + groupSize);
}
