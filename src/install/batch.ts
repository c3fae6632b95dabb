import { z } from "zod";

/** Where a batch is. `finished` and `cancelled` are ends; a retry of its rows opens it again. */
export const batchStatuses = ["importing", "running", "paused", "finished", "cancelled"] as const;

/** What people decide about a batch. A `retry` starts failed rows of it again. */
export const batchDecisions = ["pause", "resume", "cancel", "retry"] as const;

export type BatchStatus = (typeof batchStatuses)[number];

const count = (what: string) => z.int().meta({ description: what });

const decisionSchema = z.object({
  decision: z.enum(batchDecisions),
  at: z.string(),
  requestedBy: z.string().optional(),
});

export type BatchDecision = Readonly<z.infer<typeof decisionSchema>>;

/** Members of a batch, for the pages that show more than these. */
export const batchMembers = {
  id: z.string(),
  name: z.string(),
  requestedBy: z.string().optional().meta({ description: "Name of the API key it was sent with." }),
  status: z.enum(batchStatuses).meta({
    description:
      "`importing` while its file is read. `finished` and `cancelled` are ends; a retry of its rows opens it again.",
  }),
  rows: count("Rows read so far. Each is one of accepted, attached and rejected."),
  accepted: count("Rows that became a new install."),
  attached: count("Rows that joined an install the number had already."),
  rejected: count("Rows that are no install request: see the results."),
  queued: count("Installs that wait for their connector."),
  awaiting: count("Installs that have their connector and wait for their channel."),
  completed: count("Installs that are completed."),
  failed: count("Installs that failed."),
  cancelled: count("Installs that were cancelled."),
  createdAt: z.string().meta({ description: "When its first rows came. ISO 8601, UTC." }),
  finishedAt: z.string().optional().meta({ description: "When the last of its installs ended." }),
  etaMs: z.int().optional().meta({ description: "How long the rest takes at the pace of the last minute." }),
  ratePerSecond: z
    .number()
    .optional()
    .meta({ description: "Installs that ended in the last minute, a second." }),
  pauseReason: z.string().optional().meta({ description: "Why it paused by itself." }),
  canary: z
    .int()
    .optional()
    .meta({ description: "So many installs go first, until they have ended; absent once they have." }),
  haltAt: z.number().optional().meta({
    description: "It pauses by itself when more of its ended installs than this have failed, percent.",
  }),
  lastDecision: decisionSchema
    .optional()
    .meta({ description: "What was decided about it last, and with which API key." }),
  isCutOff: z
    .boolean()
    .optional()
    .meta({ description: "Its file was not read to its end: the rows after `rows` are not in it." }),
};

/**
 * Many installs that came together, as callers see them. Every row is one of accepted, attached and rejected; every
 * accepted or attached row is one of queued, awaiting, completed, failed and cancelled. Times are ISO 8601, UTC.
 */
export const batchSchema = z.object(batchMembers).meta({
  id: "Batch",
  description:
    "Many installs that came in one file. Every accepted or attached row is one of queued, awaiting, completed, failed and cancelled.",
});

export type Batch = Readonly<z.infer<typeof batchSchema>>;
