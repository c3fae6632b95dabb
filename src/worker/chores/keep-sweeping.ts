import type { Logger } from "../../log.ts";
import type { ChoresQueue } from "../../queue/maintenance/chores.ts";

const schedulerId = "sweep";
/** A sweep planned further away than two intervals and this was planned by a clock that was ahead. */
const farMs = 10_000;
const toldEveryMs = 60_000;

type Fault = "missing" | "too far off";

/** The jobs of a sweep that still comes are in one of these states. */
const comingStates: ReadonlySet<string> = new Set(["delayed", "waiting", "active", "prioritized"]);

/**
 * Plans the sweep, once for the whole fleet, and looks every second interval whether it is still planned; resolves to
 * what ends that. BullMQ plans each sweep when the one before starts, by the clock of the worker that takes it: a lost
 * job, or one planned by a clock that is hours ahead, would end all sweeps, and only starting a worker may mend that.
 */
export const keepSweeping = async (deps: {
  readonly chores: Pick<
    ChoresQueue,
    "upsertJobScheduler" | "getJobScheduler" | "removeJobScheduler" | "getJobState"
  >;
  readonly everyMs: number;
  readonly log: Logger;
  /** Redis's time. */
  readonly now: () => number;
}): Promise<() => void> => {
  const { chores, everyMs, log } = deps;
  let toldAtMs = -toldEveryMs;
  let isLooking = false;

  const plan = async (): Promise<void> => {
    await chores.upsertJobScheduler(
      schedulerId,
      { every: everyMs },
      { name: "sweep", data: { kind: "sweep" } },
    );
  };

  const nextMs = async (): Promise<number | undefined> => (await chores.getJobScheduler(schedulerId))?.next;

  const findFault = async (): Promise<Fault | undefined> => {
    const next = await nextMs();
    if (next === undefined) return "missing";
    if (next - deps.now() > 2 * everyMs + farMs) return "too far off";
    const state = await chores.getJobState(`repeat:${schedulerId}:${next}`);
    // One that has ended between the two questions has planned the next.
    return comingStates.has(state) || (await nextMs()) !== next ? undefined : "missing";
  };

  const look = async (): Promise<void> => {
    const fault = await findFault();
    if (fault === undefined) return;
    // An upsert alone would keep the time.
    await chores.removeJobScheduler(schedulerId);
    await plan();
    if (performance.now() - toldAtMs < toldEveryMs) return;
    toldAtMs = performance.now();
    log.warn({ reason: fault }, "the sweep would not have come and is planned again");
  };

  await plan();
  const timer = setInterval(() => {
    // A client that waits for Redis answers late, not never.
    if (isLooking) return;
    isLooking = true;
    look()
      .catch(() => undefined)
      .finally(() => {
        isLooking = false;
      });
  }, 2 * everyMs).unref();
  return () => clearInterval(timer);
};
