import type { Logger } from "../../log.ts";
import {
  type Errand,
  errandSchema,
  errandTriesMax,
  type FindConnectorErrand,
  type SubscribeChannelErrand,
} from "../../queue/maintenance/errands.ts";
import { type ParkableJob, parkJob } from "../../queue/maintenance/park-job.ts";
import type { UnreadableEvents } from "../../queue/matching/unreadable.ts";
import { backoffMs } from "../backoff.ts";

/** Result of a run: done, or to run again. `isTry`: Bird was called without success, which counts as a try. */
type ErrandEnd<T extends Errand> =
  | "done"
  | { readonly errand: T; readonly isTry: boolean; readonly untilMs?: number };

export type RunErrand<T extends Errand> = (
  errand: T,
  options: { readonly isLastTry: boolean },
) => Promise<ErrandEnd<T>>;

/** Concurrent errands of one workspace in a process, so that a workspace Bird does not answer for cannot block others. */
const inHandMax = 5;
const fullPauseMs = 1000;

/** With full jitter, all tries of an errand take about three hours. */
const pauses = { baseMs: 10_000, capMs: 3_600_000 };

/** Runs ended by unexpected errors, of Perch or Redis, after which an errand is given up. */
const faultsMax = 25;

/**
 * BullMQ's processor of errands. An errand that must run again is parked without using up BullMQ's attempts, which count
 * unexpected errors only; one that cannot be processed is stored with the unreadable events and the reason.
 */
export const createProcessErrand = (deps: {
  readonly findConnector: RunErrand<FindConnectorErrand>;
  readonly subscribeChannel: RunErrand<SubscribeChannelErrand>;
  readonly unreadable: Pick<UnreadableEvents, "keep">;
  readonly log: Logger;
  readonly now: () => number;
  readonly random?: () => number;
}) => {
  const { log, now, random } = deps;
  const inHand = new Map<string, number>();

  const park = async (job: ParkableJob, token: string, untilMs: number, errand?: Errand): Promise<never> => {
    if (errand !== undefined) await job.updateData(errand);
    return parkJob(job, token, untilMs);
  };

  const end = async <T extends Errand>(job: ParkableJob, token: string, errand: T, run: RunErrand<T>) => {
    const tries = errand.tries ?? 0;
    const ended = await run(errand, { isLastTry: tries + 1 >= errandTriesMax });
    if (ended === "done") return;
    const next = { ...ended.errand, tries: tries + (ended.isTry ? 1 : 0) };
    const pauseMs = backoffMs(tries + 1, { ...pauses, ...(random !== undefined && { random }) });
    await park(job, token, ended.untilMs ?? now() + pauseMs, next);
  };

  const keepFaulty = async ({ id, data }: ParkableJob, reason: string): Promise<void> => {
    const body = Buffer.from(JSON.stringify(data));
    await deps.unreadable.keep({ body, workspaceId: undefined, reason });
    log.error({ choreId: id, reason }, "an errand cannot be carried out and is kept for people");
  };

  /** Why the errand cannot be processed; undefined when it can. */
  const faultOf = (job: ParkableJob): string | undefined => {
    if (!errandSchema.safeParse(job.data).success) return "An errand that this version of Perch cannot read.";
    if (job.attemptsMade < faultsMax) return undefined;
    return `An errand that failed ${faultsMax} times by a fault of Perch; its log says why.`;
  };

  const run = async (job: ParkableJob, token: string, errand: Errand): Promise<void> =>
    errand.kind === "find_connector"
      ? end(job, token, errand, deps.findConnector)
      : end(job, token, errand, deps.subscribeChannel);

  const leave = (workspaceId: string): void => {
    const left = (inHand.get(workspaceId) ?? 1) - 1;
    if (left === 0) inHand.delete(workspaceId);
    else inHand.set(workspaceId, left);
  };

  /** Waits for a run or for the worker to stop. An errand that was cut off runs again: errands are idempotent. */
  const runUntil = async (
    signal: AbortSignal | undefined,
    running: Promise<void>,
  ): Promise<"ended" | "cut_off"> => {
    const { promise: aborted, resolve } = Promise.withResolvers<"cut_off">();
    const stop = () => resolve("cut_off");
    signal?.addEventListener("abort", stop, { once: true });
    const ended = running.then(() => "ended" as const);
    // After a cut-off the result is not awaited: prevent an unhandled rejection.
    ended.catch(() => undefined);
    const how = await Promise.race([ended, aborted]);
    signal?.removeEventListener("abort", stop);
    return how;
  };

  // BullMQ passes the signal only to a processor that declares three parameters, none with a default.
  return async (
    job: ParkableJob,
    token: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const fault = faultOf(job);
    if (fault !== undefined) return keepFaulty(job, fault);
    const errand = errandSchema.parse(job.data);
    const { workspaceId } = errand;
    const others = inHand.get(workspaceId) ?? 0;
    if (others >= inHandMax) return park(job, token ?? "", now() + fullPauseMs);
    inHand.set(workspaceId, others + 1);
    try {
      const how = await runUntil(signal, run(job, token ?? "", errand));
      if (how === "cut_off") await park(job, token ?? "", now());
    } finally {
      leave(workspaceId);
    }
  };
};
