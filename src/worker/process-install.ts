import type { Completion } from "../install/install.ts";
import { type InstallData, installDataSchema } from "../queue/install-data.ts";
import { type InstallStore, LockLostError } from "../queue/install-store.ts";
import type { InstallJob } from "./carry-out.ts";
import type { Run, Step } from "./run.ts";

/** What earlier versions queued says when by its producer's clock only, which may be ahead of Redis's by so much. */
const clocksApartMs = 60_000;

/**
 * BullMQ's processor of an install: read it, take the one step it is at, carry that out.
 *
 * A bound install waits for its channel and never posts again; every other one is submitted.
 */
export const createProcessInstall = (deps: {
  readonly submit: (run: Run) => Promise<Step>;
  readonly awaitChannel: (run: Run) => Promise<Step>;
  readonly store: Pick<InstallStore, "letGo">;
  readonly carryOut: (job: InstallJob, token: string, step: Step) => Promise<Completion>;
  /** `INSTALL_MAX_ATTEMPTS`. */
  readonly maxAttempts: number;
}) => {
  // BullMQ hands the signal only to a processor that declares three parameters, none with a default.
  return async (
    job: InstallJob,
    lockToken: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Completion> => {
    const token = lockToken ?? "";
    // A failure written down by a run that was killed before it could fail the job is not this run's.
    const { failure: _, ...data }: InstallData = installDataSchema.parse(job.data);
    const run: Run = {
      installId: job.id ?? "",
      token,
      data,
      heldFor: data.held,
      number: job.attemptsStarted,
      stalls: job.stalledCounter,
      queuedAtMs: data.queuedAtMs ?? job.timestamp - clocksApartMs,
      maxAttempts: deps.maxAttempts,
      signal,
    };
    if (data.held !== undefined) await deps.store.letGo(run.installId, data.request.workspaceId);
    const step = await (data.connectorId === undefined ? deps.submit(run) : deps.awaitChannel(run));
    try {
      return await deps.carryOut(job, token, step);
    } catch (error) {
      if (!(error instanceof LockLostError)) throw error;
      return deps.carryOut(job, token, { kind: "leave", why: "the lock was lost" });
    }
  };
};
