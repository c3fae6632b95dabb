import { installError } from "../../install/install-error.ts";
import type { Logger } from "../../log.ts";
import type { Hold, Holds } from "../../queue/gate/holds.ts";
import type { InstallData } from "../../queue/installs/data.ts";
import type { InstallJob, Run, Step } from "../run.ts";

type Parked = Extract<Step, { readonly kind: "park" }>;
type Failed = Extract<Step, { readonly kind: "fail" }>;
type Completed = Extract<Step, { readonly kind: "complete" }>;

/** Writes the log's one line for each step of an install's way, once that step has happened. */
export interface LogInstalls {
  /** Its create is about to leave. */
  readonly submitting: (run: Pick<Run, "installId" | "data">) => void;
  /** A run has decided; how that ends is told by `ended`. */
  readonly decided: (job: InstallJob, step: Step) => void;
  readonly parked: (job: InstallJob, step: Parked) => void;
  readonly left: (job: InstallJob, reason: string) => void;
  /** To be told of BullMQ's `completed` and `failed`; a failure that BullMQ tries again is no end. */
  readonly ended: (job: InstallJob) => void;
}

/**
 * The one place where steps of installs are logged. What a run decided is remembered beside its job, because only
 * BullMQ's events prove that the job has ended.
 */
export const createLogInstalls = ({ log }: { readonly log: Logger }): LogInstalls => {
  const steps = new WeakMap<InstallJob, Step>();

  const completed = (job: InstallJob, { completion, attempt }: Completed): void => {
    const fields = { ...logIds(job.id, job.data), ...completion, attempt, status: "completed" };
    if (isHealed(job)) log.info(fields, "install healed: it had failed before its event came");
    else log.info(fields, "install completed");
  };

  const failed = (job: InstallJob, { failure, data }: Failed): void => {
    const { code, birdStatus, birdCode } = installError(failure);
    const ids = { ...logIds(job.id, data), attempt: data.attempts, code };
    const fields = { ...ids, status: "failed", birdStatus, birdCode };
    if (code === "cancelled") log.info({ ...ids, status: "cancelled" }, "install cancelled");
    else if (code === "internal") log.error(fields, "install failed by a fault of Perch");
    else log.warn(fields, "install failed");
  };

  return {
    submitting: ({ installId, data }) =>
      log.info(
        { ...logIds(installId, data), attempt: (data.attempts ?? 0) + 1, status: "submitting" },
        "install is sent to Bird",
      ),
    decided: (job, step) => {
      steps.set(job, step);
    },
    parked: (job, step) => {
      const { data = job.data, what, untilMs } = step;
      const connectorId = data.connectorId ?? step.connectorId;
      const attempt = step.attempt ?? data.attempts;
      const fields = { ...logIds(job.id, data), connectorId, attempt, untilMs, what };
      if (connectorId !== undefined && what !== undefined)
        log.info({ ...fields, status: "awaiting_channel" }, "install waits for its channel");
      else if (data.paused === true)
        log.info({ ...fields, status: "queued" }, "install waits because its batch is paused");
      else if (what === undefined) log.debug(fields, "install comes again later");
      else if (data.held !== undefined)
        log.info({ ...fields, status: "held", reason: data.held }, "install is held");
      else log.info({ ...fields, status: "retrying" }, "install is tried again later");
    },
    left: (job, reason) => log.warn({ ...logIds(job.id, job.data), reason }, "install left to another run"),
    ended: (job) => {
      if (job.finishedOn === undefined) return;
      const step = steps.get(job);
      if (step?.kind === "complete") completed(job, step);
      else failed(job, step?.kind === "fail" ? step : faultOf(job));
    },
  };
};

/** A failed install runs again because its event came; one that people have started again has a time to act at. */
const isHealed = ({ data }: InstallJob): boolean =>
  data.failure !== undefined && data.nextActionAtMs === undefined;

/** It threw what nobody expected, as often as BullMQ tries. */
const faultOf = ({ data }: InstallJob): Failed => ({ kind: "fail", failure: { code: "internal" }, data });

/** Workspaces whose latest hold is remembered, so that the many runs that meet one hold are one line. */
const rememberedMax = 1000;

/** The same holds, with a line of the log for each in each process that met it. */
export const logHolds = (holds: Holds, { log }: { readonly log: Logger }): Holds => {
  const latest = new Map<string, number>();
  const tell = async (workspaceId: string, holding: Promise<Hold>): Promise<Hold> => {
    const hold = await holding;
    const { reason, untilMs } = hold;
    if (latest.get(workspaceId) !== untilMs) log.warn({ workspaceId, reason, untilMs }, "workspace is held");
    if (latest.size >= rememberedMax) latest.clear();
    latest.set(workspaceId, untilMs);
    return hold;
  };
  return {
    ...holds,
    holdFor: (workspaceId, pauseMs) => tell(workspaceId, holds.holdFor(workspaceId, pauseMs)),
    holdUnauthorized: (workspaceId) => tell(workspaceId, holds.holdUnauthorized(workspaceId)),
  };
};

/** What a line about an install is found by. The same names in every line. */
export const logIds = (installId: string | undefined, data: InstallData) => ({
  installId,
  batchId: data.batchId,
  row: data.row,
  workspaceId: data.request.workspaceId,
  connectorId: data.connectorId,
});
