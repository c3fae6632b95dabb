import { z } from "zod";
import { batchSchema } from "../../install/batch.ts";
import { detectedFileSchema } from "../../producer/read/detected-file.ts";
import { nextCursorSchema } from "../server/parameters.ts";

const count = (what: string) => z.int().meta({ description: what });

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
    errors: z
      .array(
        z.object({
          row: z.int(),
          line: lineSchema,
          errors: z.array(issueSchema),
          input: z
            .record(z.string(), z.string())
            .meta({ description: "What was read of the row, as text, without secrets." }),
        }),
      )
      .meta({ description: "All issues of every rejected row, in row order." }),
    warnings: z
      .array(z.object({ row: z.int(), line: lineSchema, warnings: z.array(issueSchema) }))
      .optional()
      .meta({ description: "With `checkMeta`: what Meta shows that ends no install yet, in row order." }),
    meta: z
      .object({
        checked: count("Rows Meta answered for."),
        found: count("Rows for which Meta shows an error; they are among the rejected ones."),
        warned: count("Rows for which Meta shows a warning."),
        unchecked: count("Rows for which Meta gave no answer."),
        reason: z.string().optional().meta({ description: "Why, for the last of these." }),
      })
      .optional()
      .meta({ description: "With `checkMeta`: of the rows that would be new." }),
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
    file: detectedFileSchema,
    fault: z
      .string()
      .optional()
      .meta({ description: "Why the file could not be read further; the rows before that are validated." }),
  })
  .meta({ id: "DryRun", description: "What an upload would do. Nothing is enqueued." });

export type DryRun = z.infer<typeof dryRunSchema>;
