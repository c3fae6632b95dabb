import type { Completion } from "../../install/install.ts";
import type { InstallJob, Step } from "../run.ts";
import type { TracedRun, WorkerTraces } from "./traces.ts";

type CarryOut = (job: InstallJob, token: string, step: Step) => Promise<Completion>;
type Process = (
  job: InstallJob,
  token: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<Completion>;

/** Tells of a run twice: when it begins, in case it throws, and once it has decided something. */
export const createTraceInstalls = ({ runTold }: Pick<WorkerTraces, "runTold">) => ({
  process:
    (process: Process): Process =>
    (job, token, signal) => {
      runTold(begun(job));
      return process(job, token, signal);
    },
  carryOut:
    (carryOut: CarryOut): CarryOut =>
    (job, token, step) => {
      runTold({ ...begun(job), ...decided(job, step) });
      return carryOut(job, token, step);
    },
});

const begun = ({ id = "", data, attemptsStarted }: InstallJob): TracedRun => ({
  installId: id,
  workspaceId: data.request.workspaceId,
  batchId: data.batchId,
  run: attemptsStarted,
});

const decided = (job: InstallJob, step: Step): Partial<TracedRun> => {
  const { connectorId, attempts } = "data" in step && step.data !== undefined ? step.data : job.data;
  const known = { outcome: step.kind, connectorId, attempts };
  switch (step.kind) {
    case "complete":
      return { ...known, ...step.completion, eventAtMs: step.eventAtMs };
    case "park":
      return { ...known, connectorId: step.connectorId ?? connectorId, what: step.what };
    case "fail":
      return { ...known, errorCode: step.failure.code };
    case "leave":
      return { ...known, what: step.why };
  }
};
