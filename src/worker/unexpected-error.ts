import { DelayedError, UnrecoverableError } from "bullmq";
import { z } from "zod";
import type { Completion } from "../install/install.ts";
import type { Logger } from "../log.ts";
import { installDataSchema } from "../queue/installs/data.ts";
import { type InstallStore, LockLostError } from "../queue/installs/store.ts";
import type { Matching } from "../queue/matching/matching.ts";
import type { Outbox } from "../queue/outbox/outbox.ts";
import { redisFaultOf } from "../redis/errors.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import type { InstallJob, Step } from "./run.ts";

/** Runs that a fault of Perch may end before the install fails: it may pass with the process or its version. */
const faultsMax = 5;
/** How soon an install comes again that was given back because Redis refused something. */
const giveBackMs = 1000;

/** What is needed of data that Perch cannot read as a whole. */
const ownersSchema = z.object({
  request: z.looseObject({ workspaceId: z.string(), phoneId: z.string() }),
});

/**
 * What follows when a run throws.
 *
 * - Redis refused something: the run is given back, at no cost. Its next one looks first if a create may be out,
 *   because nothing says that this one was clean. Workers wait refusals out (`wait-out-refusals.ts`), so this is
 *   for one that stops.
 * - Everything else is a fault of Perch: the install comes again some times, then fails as `internal`.
 */
export const createOnUnexpectedError = (deps: {
  readonly store: Pick<InstallStore, "park" | "countFault">;
  readonly applyStep: (job: InstallJob, token: string, step: Step) => Promise<Completion>;
  readonly matching: Pick<Matching, "release">;
  readonly outbox: Pick<Outbox, "isWanted" | "add">;
  readonly backoff: Backoff;
  readonly log: Logger;
  readonly now: () => number;
}) => {
  const { store, log, now } = deps;

  /** What holds the number and what would tell of the end are let go one by one: one of them may be what fails. */
  const failUnread = async (job: InstallJob, message: string): Promise<never> => {
    const installId = job.id ?? "";
    const owners = ownersSchema.safeParse(job.data).data?.request;
    const releasing = owners && deps.matching.release({ connectorId: undefined, installId, ...owners });
    // Whether anybody wants to hear of it cannot be read for sure; what nobody wants is dropped by the sweep.
    await Promise.allSettled([releasing, deps.outbox.add(installId)]);
    throw new UnrecoverableError(`internal: ${message}`);
  };

  const fail = async (job: InstallJob, token: string, error: unknown): Promise<Completion> => {
    const name = error instanceof Error ? error.name : typeof error;
    const detail = `A fault of Perch (${name}) ended ${faultsMax} runs; its log names it.`;
    const { success, data } = installDataSchema.safeParse(job.data);
    if (!success) return failUnread(job, detail);
    const { held: _, nextActionAtMs: __, ...kept } = data;
    try {
      const failure = { code: "internal" as const, detail };
      return await deps.applyStep(job, token, { kind: "fail", failure, data: kept });
    } catch (cause) {
      if (isSignal(cause) || cause instanceof LockLostError || redisFaultOf(cause) !== undefined) throw cause;
      return failUnread(job, detail);
    }
  };

  const settle = async (job: InstallJob, token: string, error: unknown): Promise<Completion> => {
    const installId = job.id ?? "";
    if (redisFaultOf(error) !== undefined) {
      await store.park({ installId, token, untilMs: now() + giveBackMs });
      throw new DelayedError();
    }
    const what = "a fault of Perch ended a run";
    const count = await store.countFault({ installId, token, what });
    log.error({ installId, count, err: error }, "a run failed by a fault of Perch");
    if (count >= faultsMax) return fail(job, token, error);
    await store.park({ installId, token, untilMs: now() + backoffMs(count, deps.backoff) });
    throw new DelayedError();
  };

  const settleOrLeave = async (job: InstallJob, token: string, error: unknown): Promise<Completion> => {
    try {
      return await settle(job, token, error);
    } catch (next) {
      if (isSignal(next)) throw next;
      // Redis takes not even this, or the install is another run's. Left alone its lock ends, and it comes again.
      if (!(next instanceof LockLostError) && redisFaultOf(next) === undefined)
        log.error(
          { installId: job.id, err: next },
          "a fault of Perch could not be settled; the install comes again",
        );
      throw new DelayedError();
    }
  };

  /**
   * Nothing but BullMQ's own signals leaves what this returns: BullMQ counts nothing else, whatever attempts a job
   * of an earlier version brings along. BullMQ hands the signal only to a processor that declares three parameters.
   */
  return (process: ProcessInstall): ProcessInstall =>
    async (job, token, signal) => {
      try {
        return await process(job, token, signal);
      } catch (error) {
        if (isSignal(error)) throw error;
        return settleOrLeave(job, token ?? "", error);
      }
    };
};

type ProcessInstall = (
  job: InstallJob,
  token: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<Completion>;

/** BullMQ's word for "moved already" and "fail it". */
const isSignal = (error: unknown): boolean =>
  error instanceof DelayedError || error instanceof UnrecoverableError;
