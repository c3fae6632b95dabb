import { z } from "zod";
import {
  type Batch,
  type BatchDecision,
  type BatchSample,
  type BatchStatus,
  batchDecisions,
} from "../../install/batch.ts";
import { isoTime } from "../../install/values/shown-text.ts";

/** An unreadable field does not invalidate the others. */
const number = z.coerce.number().max(8.64e15).optional().catch(undefined);
const time = z.coerce.number().max(8.64e15).catch(0);

const fieldsSchema = z.object({
  name: z.string().catch(""),
  requestedBy: z.string().optional(),
  /** The last decision, its time and requester. */
  decision: z.enum(batchDecisions).optional().catch(undefined),
  decidedAt: number.optional(),
  decidedBy: z.string().optional(),
  /** Workspaces of its rows, and those its sender may access. See `reach.ts`. */
  workspaces: z.string().optional(),
  makerWorkspaces: z.string().optional(),
  /** Times are Unix ms. */
  createdAt: time,
  readAt: time,
  finishedAt: number,
  cancelledAt: number,
  pausedAt: number,
  pauseReason: z.string().optional(),
  /** Number of rows already read, and the total once it is known. */
  rows: number,
  rowCount: number,
  isCutOff: number,
  /** Size of the canary, and 1 while the other installs wait for it. */
  canary: number,
  isCanary: number,
  haltAt: number,
  /** Installs that had completed and failed when it was last resumed: the halt counts those after. */
  haltCompleted: number,
  haltFailed: number,
  /** Number of decisions that move installs, and how many of them are applied. */
  decisions: number,
  moved: number,
  restarts: number,
});

export type BatchFields = z.infer<typeof fieldsSchema>;

/** Fields of a batch's hash. */
export const batchFields = fieldsSchema.keyof().options;

/** Parses the hash of a batch; undefined when the batch does not exist. */
export const readBatchFields = (values: readonly (string | null)[]): BatchFields | undefined => {
  const given = batchFields.flatMap((name, index) => (values[index] == null ? [] : [[name, values[index]]]));
  const fields: Record<string, unknown> = Object.fromEntries(given);
  return fields.createdAt === undefined ? undefined : fieldsSchema.parse(fields);
};

/** The public view of a batch. @param seen.counts As answered by `countBatch`. @param seen.samples As stored, newest first. */
export const viewBatch = (
  id: string,
  fields: BatchFields,
  seen: { readonly counts: readonly number[]; readonly samples: readonly string[]; readonly nowMs: number },
): Batch => {
  const [accepted = 0, attached = 0, rejected = 0, awaiting = 0, completed = 0, failed = 0, cancelled = 0] =
    seen.counts;
  const ended = completed + failed + cancelled;
  const status = batchStatus(fields);
  const open = accepted + attached - ended;
  return {
    id,
    name: fields.name,
    requestedBy: fields.requestedBy,
    status,
    rows: fields.rows ?? 0,
    accepted,
    attached,
    rejected,
    queued: open - awaiting,
    awaiting,
    completed,
    failed,
    cancelled,
    createdAt: isoTime(fields.createdAt),
    finishedAt: fields.finishedAt === undefined ? undefined : isoTime(fields.finishedAt),
    ...(status === "running" || status === "importing" ? pace(open, ended, seen) : {}),
    pauseReason: status === "paused" ? fields.pauseReason : undefined,
    canary: fields.isCanary === undefined ? undefined : fields.canary,
    haltAt: fields.haltAt,
    failedPercent: failedPercent(fields, completed, failed),
    isCutOff: fields.isCutOff === undefined ? undefined : true,
    lastDecision: lastDecision(fields),
  };
};

/** The share that is compared with `haltAt`. */
const failedPercent = (
  { haltAt, haltCompleted = 0, haltFailed = 0 }: BatchFields,
  completed: number,
  failed: number,
): number | undefined => {
  const counted = completed + failed - haltCompleted - haltFailed;
  if (haltAt === undefined || counted <= 0) return undefined;
  return Math.round((1000 * Math.max(0, failed - haltFailed)) / counted) / 10;
};

const lastDecision = ({ decision, decidedAt, decidedBy }: BatchFields): BatchDecision | undefined =>
  decision === undefined || decidedAt === undefined
    ? undefined
    : { decision, at: isoTime(decidedAt), ...(decidedBy !== undefined && { requestedBy: decidedBy }) };

export const batchStatus = (fields: BatchFields): BatchStatus => {
  if (fields.cancelledAt !== undefined) return "cancelled";
  if (fields.finishedAt !== undefined) return "finished";
  if (fields.pausedAt !== undefined) return "paused";
  return fields.rowCount === undefined ? "importing" : "running";
};

const countText = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

/** `ms:ended:failed:cancelled`. Those of earlier versions end before the outcomes, and those of later ones may go on. */
const sampleSchema = z
  .tuple([countText.refine((ms) => ms > 0), countText])
  .rest(z.string())
  .transform(([atMs, ended, ...others]) => {
    const [failed, cancelled] = others.map((text) => countText.safeParse(text).data);
    return { atMs, ended, ...(failed !== undefined && cancelled !== undefined && { failed, cancelled }) };
  });

/** Reads the samples of a batch, as times and counts, oldest first. */
export const readSamples = (samples: readonly string[]): BatchSample[] =>
  samples.toReversed().flatMap((sample) => {
    const read = sampleSchema.safeParse(sample.split(":"));
    if (!read.success) return [];
    const { atMs, ...counts } = read.data;
    return [{ at: isoTime(atMs), ...counts }];
  });

/** Older samples are from before a pause. */
const sampleMaxMs = 90_000;

/** Measures the rate from the oldest recent sample until now. */
const pace = (
  open: number,
  ended: number,
  { samples, nowMs }: { readonly samples: readonly string[]; readonly nowMs: number },
): Pick<Batch, "etaMs" | "ratePerSecond"> => {
  const young = samples
    .map((sample) => sample.split(":").map(Number))
    .filter(([atMs = 0]) => nowMs - atMs <= sampleMaxMs);
  const [sinceMs = nowMs, endedThen = ended] = young.at(-1) ?? [];
  const perMs = (ended - endedThen) / Math.max(1, nowMs - sinceMs);
  if (perMs <= 0) return {};
  return { etaMs: Math.ceil(open / perMs), ratePerSecond: Math.round(perMs * 10_000) / 10 };
};
