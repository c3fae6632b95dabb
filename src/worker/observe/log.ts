import { birdAnswer } from "../../install/errors/install-error.ts";
import type { Logger } from "../../log.ts";
import type { InstallData } from "../../queue/installs/data.ts";
import type { InstallJob } from "../run.ts";
import type { EndStep, WorkerObserver } from "./observer.ts";

type Completed = Extract<EndStep, { readonly kind: "complete" }>;
type Failed = Extract<EndStep, { readonly kind: "fail" }>;

/** Workspaces whose latest hold is remembered, so that a hold is logged once and not once per run. */
const rememberedMax = 1000;

/**
 * Logs each step of an install once it has happened, and each hold once per process. The only place that logs steps of
 * installs.
 */
export const createLogObserver = ({
  log,
}: {
  readonly log: Logger;
}): Pick<WorkerObserver, "onSubmit" | "onPark" | "onLeave" | "onEnd" | "onHold"> => {
  const latestHolds = new Map<string, number>();

  const completed = (job: InstallJob, { completion, attempt }: Completed): void => {
    const fields = { ...logIds(job.id, job.data), ...completion, attempt, status: "completed" };
    if (isHealed(job)) log.info(fields, "install healed: it had failed before its event came");
    else log.info(fields, "install completed");
  };

  const failed = (job: InstallJob, { failure, data }: Failed): void => {
    const { code } = failure;
    const ids = { ...logIds(job.id, data), attempt: data.attempts, code };
    const fields = { ...ids, status: "failed", ...birdAnswer(failure) };
    if (code === "cancelled") log.info({ ...ids, status: "cancelled" }, "install cancelled");
    else if (code === "internal") log.error(fields, "install failed by a fault of Perch");
    else log.warn(fields, "install failed");
  };

  return {
    onSubmit: ({ installId, data }) =>
      log.info(
        { ...logIds(installId, data), attempt: (data.attempts ?? 0) + 1, status: "submitting" },
        "install is sent to Bird",
      ),
    onPark: ({ job, step }) => {
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
    onLeave: ({ job, why }) =>
      log.warn({ ...logIds(job.id, job.data), reason: why }, "install left to another run"),
    onEnd: ({ job, step }) => (step.kind === "complete" ? completed(job, step) : failed(job, step)),
    onHold: ({ workspaceId, hold: { reason, untilMs } }) => {
      if (latestHolds.get(workspaceId) !== untilMs)
        log.warn({ workspaceId, reason, untilMs }, "workspace is held");
      if (latestHolds.size >= rememberedMax) latestHolds.clear();
      latestHolds.set(workspaceId, untilMs);
    },
  };
};

/** Whether a failed install ran again because of its event. A retried one has a next action time. */
const isHealed = ({ data }: InstallJob): boolean =>
  data.failure !== undefined && data.nextActionAtMs === undefined;

/** Fields that identify an install in log lines. */
export const logIds = (installId: string | undefined, data: InstallData) => ({
  installId,
  batchId: data.batchId,
  row: data.row,
  workspaceId: data.request.workspaceId,
  connectorId: data.connectorId,
});
