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

/** Runs that unexpected errors may end before the install fails: another process or version may succeed. */
const faultsMax = 5;
/** Delay of a run that Redis refused something, ms. */
const giveBackMs = 1000;

/** The minimum needed of data that Perch cannot read completely. */
const ownersSchema = z.object({
  request: z.looseObject({ workspaceId: z.string(), phoneId: z.string() }),
});

/**
 * Handles errors that a run throws.
 *
 * - Redis refused something: the install is delayed, without using up an attempt. If it had passed the gate,
 *   its next run looks for a lost create first. Running workers wait out refusals (`wait-out-refusals.ts`), so this
 *   happens only while a worker stops.
 * - Any other error is a bug in Perch: the install is retried up to `faultsMax` times, then fails as `internal`.
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

  /** Fails an unreadable install. Releases its number and adds it to the outbox independently, as either may fail. */
  const failUnread = async (job: InstallJob, message: string): Promise<never> => {
    const installId = job.id ?? "";
    const owners = ownersSchema.safeParse(job.data).data?.request;
    const releasing = owners && deps.matching.release({ connectorId: undefined, installId, ...owners });
    // Its notification settings may be unreadable, so it is always added; the sweep drops outcomes without a receiver.
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
      // Redis refuses this too, or another run owns the install. It runs again once the lock expires.
      if (!(next instanceof LockLostError) && redisFaultOf(next) === undefined)
        log.error(
          { installId: job.id, err: next },
          "a fault of Perch could not be settled; the install comes again",
        );
      throw new DelayedError();
    }
  };

  /**
   * Wraps a processor: it throws only BullMQ's signals, so BullMQ never counts an attempt, whatever `attempts` a job of an
   * older version has. BullMQ passes the abort signal only to a processor that declares three parameters.
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

/** BullMQ's errors for "already moved" and "fail without retry". */
const isSignal = (error: unknown): boolean =>
  error instanceof DelayedError || error instanceof UnrecoverableError;
