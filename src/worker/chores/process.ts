import type { Logger } from "../../log.ts";
import { choreSchema } from "../../queue/maintenance/chores.ts";
import { type Errand, errandSchema } from "../../queue/maintenance/errands.ts";
import { type ParkableJob, parkJob } from "../../queue/maintenance/park-job.ts";
import type { UnreadableEvents } from "../../queue/matching/unreadable.ts";
import type { OutboxSwept } from "../../queue/outbox/outbox.ts";
import type { SweepResult } from "./sweep.ts";

type ChoreJob = Pick<ParkableJob, "id" | "data" | "moveToDelayed">;

/** Chores a worker processes concurrently. Half of the slots are reserved for sweeps. */
export const choresInHandMax = 4;
const movesMax = 2;
const fullPauseMs = 500;

/**
 * BullMQ's processor of chores. BullMQ retries a chore that throws. No chore calls Bird, so none hangs; long moves of
 * batches leave slots for the sweep.
 */
export const createProcessChore = (deps: {
  readonly sweep: () => Promise<SweepResult>;
  readonly sweepOutbox: () => Promise<OutboxSwept>;
  /** Enqueues notifications of links that customers broke off. @returns how many links. */
  readonly sweepLinks: () => Promise<number>;
  readonly sweepHolds: () => Promise<void>;
  readonly sweepBatches: () => Promise<void>;
  /** See `retention.ts`, `live-index.ts` and `statuses.ts`. */
  readonly removeExpired: () => Promise<void>;
  readonly renewSome: () => Promise<void>;
  readonly unmarkSome: () => Promise<void>;
  /** See `workspace-index.ts`. */
  readonly findWorkspaces: () => Promise<void>;
  /** See `repair-jobs.ts`. */
  readonly repairJobs: () => Promise<readonly string[]>;
  readonly moveBatch: (batchId: string) => Promise<void>;
  /** Moves errands that older versions put on the chores queue to their own; false when the workspace has too many. */
  readonly forward: (errand: Errand) => Promise<boolean>;
  readonly unreadable: Pick<UnreadableEvents, "keep">;
  readonly log: Logger;
}) => {
  const { log } = deps;
  let moves = 0;

  const move = async (job: ChoreJob, token: string, batchId: string): Promise<void> => {
    if (moves >= movesMax) return parkJob(job, token, Date.now() + fullPauseMs);
    moves += 1;
    try {
      await deps.moveBatch(batchId);
    } finally {
      moves -= 1;
    }
  };

  const sweep = async (): Promise<void> => {
    const result = await deps.sweep();
    if (result.seen > 0) log.info(result, "swept events that were left behind");
    const { notified: told, ...others } = await deps.sweepOutbox();
    if (told + others.failed > 0) log.info({ told, ...others }, "swept outcomes that were not told");
    const links = await deps.sweepLinks();
    if (links > 0) log.info({ links }, "notified of connect links that customers broke off");
    for (const jobId of await deps.repairJobs())
      log.error({ jobId }, "a job whose data are no JSON was mended");
    await deps.sweepHolds();
    await deps.sweepBatches();
    await deps.renewSome();
    await deps.unmarkSome();
    await deps.findWorkspaces();
    await deps.removeExpired();
  };

  return async (job: ChoreJob, token: string | undefined): Promise<void> => {
    const chore = choreSchema.safeParse(job.data);
    if (chore.success)
      return chore.data.kind === "sweep" ? sweep() : move(job, token ?? "", chore.data.batchId);
    const errand = errandSchema.safeParse(job.data);
    if (errand.success && (await deps.forward(errand.data))) return;
    const reason = errand.success
      ? "The event names only its channel, and too many such events of its workspace wait already."
      : "A chore that this version of Perch cannot read.";
    await deps.unreadable.keep({
      body: Buffer.from(JSON.stringify(job.data)),
      workspaceId: undefined,
      reason,
    });
    log.error({ choreId: job.id, reason }, "a chore cannot be carried out and is kept for people");
  };
};
