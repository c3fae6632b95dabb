import { z } from "zod";
import { birdAnswer, birdAnswerSchema, errorCodes } from "../../install/errors/install-error.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";

interface RowsReader {
  readonly batches: Pick<Batches, "readRows" | "linesOf">;
  readonly installs: Pick<Installs, "findMany">;
}

/** A row whose install has failed. `errorCode` is absent when the install is no longer kept. */
export const failedRowSchema = z.object({
  row: z.int(),
  line: z.int().optional().meta({ description: "Line of the input file on which the row begins." }),
  installId: z.string(),
  errorCode: z.enum(errorCodes).optional(),
  errorMessage: z.string(),
  action: z.string().optional().meta({ description: "What to do next." }),
  ...birdAnswerSchema.shape,
});

export type FailedRow = Readonly<z.infer<typeof failedRowSchema>>;

/** The latest rows of a batch that failed and are still failed, newest first; as many as the batch keeps. */
export const recentFailures = async (
  reader: RowsReader & { readonly batches: Pick<Batches, "failures"> },
  batchId: string,
): Promise<readonly FailedRow[]> => {
  const rows = (await reader.batches.failures(batchId)).map(({ row }) => row);
  return readFailures(reader, batchId, rows);
};

/** The failures of rows, in their order, without rows that were retried meanwhile. */
export const readFailures = async (
  { batches, installs }: RowsReader,
  batchId: string,
  rows: readonly number[],
): Promise<readonly FailedRow[]> => {
  const read = await batches.readRows(batchId, [...new Set(rows)]);
  const known = read.flatMap(({ row, record }) =>
    "installId" in record ? [{ row, installId: record.installId }] : [],
  );
  const found = await installs.findMany(known.map(({ installId }) => installId));
  const lines = await batches.linesOf(
    batchId,
    known.map(({ row }) => row),
  );
  return known.flatMap(({ row, installId }, index): FailedRow[] => {
    const install = found[index];
    const line = lines.get(row);
    if (install === undefined) return [{ row, line, installId, ...gone }];
    const { status, error } = install;
    if (status !== "failed" || error === undefined) return [];
    return [
      {
        row,
        line,
        installId,
        errorCode: error.code,
        errorMessage: error.message,
        action: error.action,
        ...birdAnswer(error),
      },
    ];
  });
};

const gone = {
  errorCode: undefined,
  errorMessage: "The install is no longer kept.",
  action: undefined,
} as const;
