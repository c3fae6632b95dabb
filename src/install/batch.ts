import { z } from "zod";

/** The state of a batch. `finished` and `cancelled` are ends; a retry of its rows opens it again. */
export const batchStatuses = ["importing", "running", "paused", "finished", "cancelled"] as const;

/** Decisions on a batch. A `retry` starts its failed rows again. */
export const batchDecisions = ["pause", "resume", "cancel", "retry"] as const;

export type BatchStatus = (typeof batchStatuses)[number];

const count = (what: string) => z.int().meta({ description: what });

const decisionSchema = z.object({
  decision: z.enum(batchDecisions),
  at: z.string(),
  requestedBy: z.string().optional(),
});

export const batchSampleSchema = z.object({
  at: z.string(),
  ended: z.int().meta({ description: "Installs that had ended by then." }),
  failed: z.int().optional().meta({
    description: "How many of them had failed; absent, as `cancelled`, in samples of earlier versions.",
  }),
  cancelled: z.int().optional().meta({ description: "How many of them had been cancelled." }),
});

export type BatchSample = Readonly<z.infer<typeof batchSampleSchema>>;

export type BatchDecision = Readonly<z.infer<typeof decisionSchema>>;

/** Members of a batch, for schemas that add others. */
export const batchMembers = {
  id: z.string(),
  name: z.string(),
  requestedBy: z.string().optional().meta({ description: "Name of the API key it was sent with." }),
  status: z.enum(batchStatuses).meta({
    description:
      "`importing` while its file is read. `finished` and `cancelled` are ends; a retry of its rows opens it again.",
  }),
  rows: count("Rows read. Each is one of accepted, attached and rejected."),
  accepted: count("Rows that became a new install."),
  attached: count("Rows attached to an install the number had already."),
  rejected: count("Rows that are not a valid install request: see the results."),
  queued: count("Installs that wait for their connector."),
  awaiting: count("Installs that have their connector and wait for their channel."),
  completed: count("Installs that are completed."),
  failed: count("Installs that failed."),
  cancelled: count("Installs that were cancelled."),
  createdAt: z.string().meta({ description: "When its first rows were recorded. ISO 8601, UTC." }),
  finishedAt: z.string().optional().meta({ description: "When the last of its installs ended." }),
  etaMs: z.int().optional().meta({ description: "Time left at the pace of the last minute, ms." }),
  ratePerSecond: z
    .number()
    .optional()
    .meta({ description: "Installs that ended per second, over the last minute." }),
  pauseReason: z.string().optional().meta({ description: "Why it paused by itself." }),
  canary: z.int().optional().meta({
    description: "Number of installs that run first, until they have ended; absent once they have.",
  }),
  haltAt: z.number().optional().meta({
    description: "It pauses by itself when more of its ended installs than this have failed, percent.",
  }),
  failedPercent: z.number().optional().meta({
    description:
      "Share of its ended installs that have failed, since it was last resumed: what `haltAt` bounds.",
  }),
  lastDecision: decisionSchema
    .optional()
    .meta({ description: "The latest decision on it, and the API key it was made with." }),
  isCutOff: z
    .boolean()
    .optional()
    .meta({ description: "True when its file was not read to its end: later rows are not in it." }),
};

/**
 * The installs of one file or upload, in the API's form. Every row is one of accepted, attached and rejected; every
 * accepted or attached row is one of queued, awaiting, completed, failed and cancelled. Times are ISO 8601, UTC.
 */
export const batchSchema = z.object(batchMembers).meta({
  id: "Batch",
  description:
    "The installs of one file or upload. Every accepted or attached row is one of queued, awaiting, completed, failed and cancelled.",
});

export type Batch = Readonly<z.infer<typeof batchSchema>>;

/** What results repeat of the file that a batch was read from. */
export interface InputFile {
  /** Separates the cells of its lines; undefined: a comma, or the file has none. */
  readonly delimiter?: string | undefined;
  /** Names of its public columns, in its order; undefined in batches of older versions. */
  readonly columns?: readonly string[] | undefined;
}
