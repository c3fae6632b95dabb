import { z } from "zod";
import { type Batch, batchDecisions, batchStatuses } from "../../install/batch.ts";
import type { FailedRow } from "../../producer/results/recent-failures.ts";
import type { BatchRetry } from "../../queue/actions/batch.ts";
import type { Members } from "../installs/schema.ts";
import { nextCursorSchema } from "../server/parameters.ts";

const count = (what: string) => z.int().meta({ description: what });

const members = {
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
  lastDecision: z
    .object({ decision: z.enum(batchDecisions), at: z.string(), requestedBy: z.string().optional() })
    .optional()
    .meta({ description: "What was decided about it last, and with which API key." }),
  isCutOff: z
    .boolean()
    .optional()
    .meta({ description: "Its file was not read to its end: the rows after `rows` are not in it." }),
} satisfies Members<Batch>;

export const batchSchema = z.object(members).meta({
  id: "Batch",
  description:
    "Many installs that came in one file. Every accepted or attached row is one of queued, awaiting, completed, failed and cancelled.",
});

const failureSchema = z.object({
  row: z.int(),
  installId: z.string(),
  errorCode: z.string().optional(),
  errorMessage: z.string(),
  action: z.string().optional().meta({ description: "What to do next." }),
} satisfies Members<FailedRow>);

export const batchWithFailuresSchema = z
  .object({
    ...members,
    recentFailures: z
      .array(failureSchema)
      .readonly()
      .meta({ description: "Rows that failed last and still are, newest first; twenty at most." }),
  })
  .meta({ id: "BatchWithFailures" });

export const batchPageSchema = z
  .object({ items: z.array(batchSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "BatchPage" });

const issueSchema = z.object({
  path: z.string().meta({ description: 'JSON Pointer (RFC 6901) to the member, "" for the whole row.' }),
  message: z.string(),
});

export const dryRunSchema = z
  .object({
    errors: z.array(z.object({ row: z.int(), errors: z.array(issueSchema) })).meta({
      description: "Everything that is wrong with every row that is, in their order.",
    }),
    rows: count("Rows read."),
    valid: count("Rows that are an install request: the next four together."),
    created: count("Would become a new install."),
    attached: count("Would join an install that the number has, or an earlier row of the file."),
    installed: count("Are installed already: would join that install."),
    blocked: count("New, but would wait while their workspace is held as unauthorized."),
    rejected: count("Rows to correct."),
    finishMs: z.int().meta({ description: "How long the new ones would take, ms." }),
    finishBasis: z.enum(["pace", "budget"]).meta({
      description:
        "`pace`: at the pace of the last minute. `budget`: nothing ended lately, so only what the POST budgets take; it may take longer.",
    }),
    fault: z
      .string()
      .optional()
      .meta({ description: "Why the file could not be read further; the rows before that are judged." }),
  })
  .meta({ id: "DryRun", description: "What an upload would do. Nothing is enqueued." });

export type DryRun = z.infer<typeof dryRunSchema>;

export const batchRetrySchema = z
  .object({
    matched: count("Installs that fit the filter."),
    retried: count("Installs that were started again; none in a dry run."),
    refused: z
      .array(z.object({ row: z.int(), message: z.string() }))
      .readonly()
      .meta({ description: "Why others were not; the first twenty." }),
  } satisfies Members<BatchRetry>)
  .meta({ id: "BatchRetry" });
