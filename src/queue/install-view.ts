import type { Job } from "bullmq";
import { type Install, type InstallStatus, isEnded } from "../install/install.ts";
import { installError } from "../install/install-error.ts";
import { completionSchema } from "./completion.ts";
import { type InstallData, installDataSchema } from "./install-data.ts";

/** What of a BullMQ job an install is read from. */
export type InstallJob = Pick<
  Job,
  | "id"
  | "data"
  | "timestamp"
  | "processedOn"
  | "finishedOn"
  | "failedReason"
  | "returnvalue"
  | "attemptsStarted"
>;

/** An install as callers see it, read from its BullMQ job and the job's state. */
export const viewInstall = (job: InstallJob, state: string): Install =>
  view(job, installDataSchema.parse(job.data), state);

const view = (job: Omit<InstallJob, "data">, data: InstallData, state: string): Install => {
  const status = installStatus(data, state, job.attemptsStarted);
  const completion = status === "completed" ? completionSchema.safeParse(job.returnvalue).data : undefined;
  const failed = status === "failed" || status === "cancelled";
  const failure = failed ? (data.failure ?? { code: "internal", detail: job.failedReason }) : undefined;
  return {
    ...data.request,
    id: job.id ?? "",
    status,
    batchId: data.batchId,
    row: data.row,
    connectorId: data.connectorId,
    channelId: completion?.channelId,
    channelStatus: completion?.channelStatus,
    attempts: data.attempts ?? 0,
    completedBy: completion?.completedBy,
    error: failure === undefined ? undefined : installError(failure),
    createdAt: iso(job.timestamp),
    updatedAt: iso(job.finishedOn ?? job.processedOn ?? job.timestamp),
    completedAt: status === "completed" ? iso(job.finishedOn ?? job.timestamp) : undefined,
    nextActionAt: isEnded(status) || data.nextActionAtMs === undefined ? undefined : iso(data.nextActionAtMs),
  };
};

/** An install that has just been added: no need to read it back. */
export const viewNewInstall = (id: string, data: InstallData, timestamp: number): Install =>
  view({ id, timestamp, failedReason: "", returnvalue: null, attemptsStarted: 0 }, data, "prioritized");

const installStatus = (data: InstallData, state: string, runs: number): InstallStatus => {
  if (state === "completed") return "completed";
  if (state === "failed") return data.failure?.code === "cancelled" ? "cancelled" : "failed";
  if (data.connectorId !== undefined) return "awaiting_channel";
  if (state === "active") return "submitting";
  if (data.held !== undefined) return "held";
  return runs > 0 ? "retrying" : "queued";
};

const iso = (ms: number): string => new Date(ms).toISOString();
