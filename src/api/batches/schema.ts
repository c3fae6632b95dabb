import { z } from "zod";
import { batchMembers, batchSchema } from "../../install/batch.ts";
import { failedRowSchema } from "../../producer/results/recent-failures.ts";
import { nextCursorSchema } from "../server/parameters.ts";

const count = (what: string) => z.int().meta({ description: what });

export const batchWithFailuresSchema = z
  .object({
    ...batchMembers,
    recentFailures: z
      .array(failedRowSchema)
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
      .meta({ description: "Why the file could not be read further; the rows before that are validated." }),
  })
  .meta({ id: "DryRun", description: "What an upload would do. Nothing is enqueued." });

export type DryRun = z.infer<typeof dryRunSchema>;
