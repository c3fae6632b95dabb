import type { Logger } from "../../log.ts";
import type { ChoresQueue } from "../../queue/maintenance/chores.ts";
import { repeatEvery } from "../../redis/bounded.ts";

const schedulerId = "sweep";
/** A sweep scheduled more than two intervals and this ahead was scheduled by a fast clock. */
const farMs = 10_000;
const logEveryMs = 60_000;

type Fault = "missing" | "too far off";

/** States of the job of a sweep that will still run. */
const comingStates: ReadonlySet<string> = new Set(["delayed", "waiting", "active", "prioritized"]);

/**
 * Schedules the sweep, once for the fleet, and checks every second interval that it is still scheduled. BullMQ schedules
 * each sweep when the previous one starts, by the clock of that worker: a lost job, or one scheduled by a clock hours
 * ahead, would otherwise end all sweeps until a worker starts.
 *
 * @returns a function that ends the checks.
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
  let loggedAtMs = -logEveryMs;

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
    // A sweep that ended between the two reads has scheduled the next one.
    return comingStates.has(state) || (await nextMs()) !== next ? undefined : "missing";
  };

  const look = async (): Promise<void> => {
    const fault = await findFault();
    if (fault === undefined) return;
    // An upsert alone would keep the scheduled time.
    await chores.removeJobScheduler(schedulerId);
    await plan();
    if (performance.now() - loggedAtMs < logEveryMs) return;
    loggedAtMs = performance.now();
    log.warn({ reason: fault }, "the sweep would not have come and is planned again");
  };

  await plan();
  return repeatEvery(2 * everyMs, look);
};
