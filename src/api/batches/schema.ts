import { z } from "zod";
import { batchMembers, batchSchema } from "../../install/batch.ts";
import { failedRowSchema, failuresOfCodeSchema } from "../../producer/results/recent-failures.ts";
import { nextCursorSchema } from "../server/parameters.ts";

const count = (what: string) => z.int().meta({ description: what });

export const batchWithFailuresSchema = z
  .object({
    ...batchMembers,
    recentFailures: z
      .array(failedRowSchema)
      .readonly()
      .meta({ description: "Latest rows that failed and still are failed, newest first; twenty at most." }),
    failuresByCode: z.array(failuresOfCodeSchema).readonly().meta({
      description:
        "Failed rows by error code, the most frequent first. Rows whose install was no longer kept when its end was read have no code: they are in `failed` alone.",
    }),
  })
  .meta({ id: "BatchWithFailures" });

export const batchPageSchema = z
  .object({ items: z.array(batchSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "BatchPage" });

const issueSchema = z.object({
  path: z.string().meta({ description: 'JSON Pointer (RFC 6901) to the member, "" for the whole row.' }),
  message: z.string(),
});

const lineSchema = z.int().optional().meta({ description: "Line of the file on which the row begins." });

export const dryRunSchema = z
  .object({
    errors: z.array(z.object({ row: z.int(), line: lineSchema, errors: z.array(issueSchema) })).meta({
      description: "All issues of every rejected row, in row order.",
    }),
    rows: count("Rows read."),
    valid: count("Rows that are a valid install request: the next four together."),
    created: count("Rows that would become a new install."),
    attached: count(
      "Rows that would be attached to a current install of the number, or repeat an earlier row of the file.",
    ),
    installed: count("Rows whose number is installed already: would be attached to that install."),
    blocked: count(
      "Rows that would become a new install and wait while their workspace is held as unauthorized.",
    ),
    rejected: count("Rows to correct."),
    finishMs: z.int().meta({ description: "Estimated time until the new installs have ended, ms." }),
    finishBasis: z.enum(["pace", "budget"]).meta({
      description:
        "`pace`: at the pace of the last minute. `budget`: no install ended in the last minute, so only the POST budgets are counted; it may take longer.",
    }),
    fault: z
      .string()
      .optional()
      .meta({ description: "Why the file could not be read further; the rows before that are validated." }),
  })
  .meta({ id: "DryRun", description: "What an upload would do. Nothing is enqueued." });

export type DryRun = z.infer<typeof dryRunSchema>;
