import { z } from "zod";
import { installError } from "../../install/errors/install-error.ts";
import {
  type Cancellation,
  channelWebhooksStateSchema,
  completionSchema,
  type Install,
  type InstallStatus,
  isEnded,
} from "../../install/install.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import { type InstallData, isOnlySuspected, readStoredInstall } from "./data.ts";

/** Fields of a job's hash an install is read from: BullMQ's, and from `cancelAt` on Perch's own. */
export const installFields = [
  "data",
  "timestamp",
  "processedOn",
  "finishedOn",
  "failedReason",
  "returnvalue",
  "ats",
  "delay",
  "cancelAt",
  "uninstalledAt",
  "channelWebhooks",
] as const;

type Fields = Record<(typeof installFields)[number], string | null>;

/** The hash of an install's job as far as an install is read from it; undefined when there is none. */
export const readInstallFields = (values: readonly (string | null)[]): Fields | undefined => {
  const fields = fieldsSchema.parse(
    Object.fromEntries(installFields.map((name, index) => [name, values[index] ?? null])),
  );
  return fields.data === null ? undefined : fields;
};

const fieldsSchema = z.record(z.enum(installFields), z.string().nullable());

const noFields = fieldsSchema.parse(Object.fromEntries(installFields.map((name) => [name, null])));

export const readInstallData = ({ data }: Pick<Fields, "data">): InstallData => readStoredInstall(data).data;

/**
 * An install as callers see it, read from its job's hash. One that this version cannot read as a whole has the error
 * `internal`, which says what cannot be read, whatever its status is.
 *
 * @param isRunning A run holds its lock.
 */
export const viewInstall = (id: string, fields: Fields, isRunning: boolean): Install => {
  const { data, unreadable } = readStoredInstall(fields.data);
  const install = view(id, data, { fields, isRunning });
  return unreadable === undefined
    ? install
    : { ...install, error: installError({ code: "internal", detail: unreadable }) };
};

const view = (
  id: string,
  data: InstallData,
  { fields, isRunning }: { readonly fields: Fields; readonly isRunning: boolean },
): Install => {
  const status = installStatus(data, fields, isRunning);
  const completion = status === "completed" ? completionOf(fields) : undefined;
  const { channelWebhooks, ...request } = data.request;
  return {
    ...request,
    channelWebhooks: channelWebhooks && { ...channelWebhooks, ...webhooksState(fields) },
    id,
    status,
    requestedBy: data.requestedBy,
    connectLinkId: data.connect?.linkId,
    batchId: data.batchId,
    row: data.row,
    connectorId: data.connectorId,
    channelId: completion?.channelId,
    channelStatus: completion?.channelStatus,
    attempts: data.attempts ?? 0,
    completedBy: completion?.completedBy,
    error: errorOf(data, fields, status),
    ...times(data, fields, status),
    cancellation: cancellation(data, fields, status),
    uninstalledAt: fields.uninstalledAt ?? undefined,
  };
};

const errorOf = (data: InstallData, { failedReason }: Fields, status: InstallStatus) =>
  status === "failed" || status === "cancelled"
    ? installError(data.failure ?? { code: "internal", detail: failedReason ?? undefined })
    : undefined;

const times = (data: InstallData, fields: Fields, status: InstallStatus) => {
  const createdMs = Number(fields.timestamp);
  const lastMs = Number(fields.finishedOn ?? fields.processedOn ?? createdMs);
  // Of a held install that is when the first pause ended; when one of the others will, the hold says.
  const isStale = data.held !== undefined && (data.nextActionAtMs ?? 0) < Date.now();
  const nextActionAtMs = isStale ? undefined : (data.nextActionAtMs ?? firstLookMs(data, fields));
  return {
    createdAt: isoTime(createdMs),
    updatedAt: isoTime(lastMs),
    completedAt: status === "completed" ? isoTime(lastMs) : undefined,
    nextActionAt: isEnded(status) || nextActionAtMs === undefined ? undefined : isoTime(nextActionAtMs),
  };
};

/**
 * The first look at Bird is in no data: it is when the park ends that followed the bind, or a run woken since.
 * BullMQ writes down how long a park lasts and when its run began.
 */
const firstLookMs = (
  { waiting }: InstallData,
  { delay, processedOn }: Pick<Fields, "delay" | "processedOn">,
): number | undefined => {
  const delayMs = Number(delay ?? 0);
  if (waiting === undefined || delayMs === 0) return undefined;
  return Math.max(waiting.sinceMs, Number(processedOn ?? 0)) + delayMs;
};

/** An install that has just been added: no need to read it back. */
export const viewNewInstall = (id: string, data: InstallData, timestamp: number): Install =>
  view(id, data, { fields: { ...noFields, timestamp: String(timestamp) }, isRunning: false });

const completionOf = ({ returnvalue }: Fields) =>
  completionSchema.safeParse(jsonOrUndefined(returnvalue)).data;

const installStatus = (data: InstallData, fields: Fields, isRunning: boolean): InstallStatus => {
  if (fields.finishedOn !== null) {
    if (fields.returnvalue !== null) return "completed";
    return data.failure?.code === "cancelled" ? "cancelled" : "failed";
  }
  if (data.connectorId !== undefined) return "awaiting_channel";
  if (isRunning) return "submitting";
  if (data.held !== undefined) return "held";
  if (data.paused === true) return "queued";
  return Number(fields.ats ?? 0) > 0 ? "retrying" : "queued";
};

const webhooksState = ({ channelWebhooks }: Fields) =>
  channelWebhooks === null
    ? { status: "waiting" as const }
    : (channelWebhooksStateSchema.safeParse(jsonOrUndefined(channelWebhooks)).data ?? {
        status: "waiting" as const,
      });

/** What is left at Bird of an install that was cancelled. */
const cancellation = (
  { connectorId, unanswered, attempts }: InstallData,
  { cancelAt }: Fields,
  status: InstallStatus,
): Cancellation | undefined => {
  if (cancelAt === null) return undefined;
  const requestedAt = isoTime(Number(cancelAt));
  if (status === "completed")
    return {
      requestedAt,
      undone: [],
      notUndone: ["It was completed before that; uninstall deletes its connector."],
    };
  if (status === "failed") return { requestedAt, undone: ["No event completes it any more."], notUndone: [] };
  if (status !== "cancelled")
    return { requestedAt, undone: [], notUndone: ["The run that is under way has to end first."] };
  if (connectorId !== undefined) {
    const left = `Connector ${connectorId} exists at Bird and its channel may still come; uninstall deletes it.`;
    return { requestedAt, undone: ["Perch does not wait for the channel any more."], notUndone: [left] };
  }
  if (unanswered !== undefined) {
    const sent = isOnlySuspected({ unanswered, attempts })
      ? "Redis may have forgotten a create"
      : "A create was sent whose outcome is not known";
    const left = `${sent}: look for the number among Bird's connectors.`;
    return { requestedAt, undone: ["No other create will be sent."], notUndone: [left] };
  }
  const undone = attempts === undefined ? "Nothing was sent to Bird." : "Nothing was created at Bird.";
  return { requestedAt, undone: [undone], notUndone: [] };
};
