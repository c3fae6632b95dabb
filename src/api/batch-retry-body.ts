import { z } from "zod";
import { errorCodes } from "../install/install-error.ts";
import { createChangeSchema } from "./install-body.ts";

const rowsMax = 100_000;
const rowFault = "must be the number of a row, from 1";

/** Body of a batch's retry. No body retries all that failed or was cancelled, as it was. */
export const createBatchRetryBody = (rules: { readonly allowsHttp: boolean }) =>
  z.preprocess(
    (body) => body ?? {},
    z.strictObject(
      {
        filter: z
          .strictObject(
            {
              errorCode: z.enum(errorCodes, "must be a code of docs/errors.md").optional(),
              rows: z
                .array(z.int(rowFault).min(1, rowFault), "must be a list of row numbers")
                .max(rowsMax, `must not name more than ${rowsMax.toLocaleString("en")} rows`)
                .optional(),
            },
            { error: objectFault("must be an object with errorCode or rows") },
          )
          .optional()
          .meta({ description: "Which failed or cancelled rows; absent: all. Both together narrow it." }),
        replace: createChangeSchema(rules)
          .optional()
          .meta({ description: "Members of their requests to replace, the same in each." }),
        dryRun: z.boolean("must be true or false").optional().meta({ description: "Only counts what fits." }),
      },
      { error: objectFault("must be an object with filter, replace or dryRun") },
    ),
  );

const objectFault =
  (message: string) =>
  ({ code }: { readonly code: string }): string | undefined =>
    code === "invalid_type" ? message : undefined;

/** The largest that 100,000 rows and a change make, bytes. */
export const batchRetryBytesMax = 2 * 1024 * 1024;

export const batchRetryExamples = [
  { filter: { errorCode: "rejected_by_bird" }, replace: { accessToken: "EAAG-renewed-token" } },
  { filter: { rows: [2, 7] }, dryRun: true },
] as const;
