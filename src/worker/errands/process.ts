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

/** What a run of an errand ends in: it is done, or it comes again. `isTry`: Bird was asked in vain. */
type ErrandEnd<T extends Errand> =
  | "done"
  | { readonly errand: T; readonly isTry: boolean; readonly untilMs?: number };

export type RunErrand<T extends Errand> = (
  errand: T,
  options: { readonly isLastTry: boolean },
) => Promise<ErrandEnd<T>>;

/** Errands of one workspace that a process has in hand, so that one Bird does not answer for holds up no other. */
const inHandMax = 5;
const fullPauseMs = 1000;

/** With full jitter some three hours for all tries of an errand. */
const pauses = { baseMs: 10_000, capMs: 3_600_000 };

/** Runs that a fault of Perch or Redis has ended, after which it counts as one of Perch. */
const faultsMax = 25;

/**
 * BullMQ's processor of errands. An errand that is not done is parked at no cost in BullMQ's attempts, which count
 * faults only; one that nobody can carry out is kept among the unreadable events with the reason.
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

  /** Why nobody can carry it out. */
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

  /** Runs until the worker stops. What is cut off comes again: every errand may be carried out twice. */
  const runUntil = async (
    signal: AbortSignal | undefined,
    running: Promise<void>,
  ): Promise<"ended" | "cut_off"> => {
    const { promise: aborted, resolve } = Promise.withResolvers<"cut_off">();
    const stop = () => resolve("cut_off");
    signal?.addEventListener("abort", stop, { once: true });
    const ended = running.then(() => "ended" as const);
    // When it is cut off nobody waits for what it comes to.
    ended.catch(() => undefined);
    const how = await Promise.race([ended, aborted]);
    signal?.removeEventListener("abort", stop);
    return how;
  };

  // BullMQ hands the signal only to a processor that declares three parameters, none with a default.
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
