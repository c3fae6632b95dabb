import { z } from "zod";
import { type Batch, batchMembers } from "../../install/batch.ts";
import { actors } from "../../install/errors/catalogue-entry.ts";
import { errorCatalogue } from "../../install/errors/error-catalogue.ts";
import { errorCodes } from "../../install/errors/install-error.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { failedRowSchema, readFailures } from "./recent-failures.ts";

const count = (what: string) => z.int().meta({ description: `${what}; exact.` });

/** The failed rows of a batch with one code, who does what about them, and the first of them. */
export const failuresOfCodeSchema = z.object({
  code: z.enum(errorCodes),
  count: count("Rows that failed with it"),
  actor: z.enum(actors).meta({ description: "Who has to act: us, operator, customer or bird." }),
  action: z.string().meta({ description: "What that party does next." }),
  rows: z.array(z.int()).readonly().meta({ description: "The first of the rows, two at most." }),
  birdMessage: z.string().optional().meta({ description: "What Bird said about one of them." }),
  examples: z
    .array(failedRowSchema)
    .readonly()
    .meta({ description: "Those of `rows` that still have failed." }),
});

export type FailuresOfCode = Readonly<z.infer<typeof failuresOfCodeSchema>>;

/** The rejected rows of a batch with one fault. */
export const rejectsOfFaultSchema = z.object({
  fault: z
    .int()
    .meta({ description: "Its number in this batch: `GET /v1/batches/{id}/rows?fault=` lists its rows." }),
  code: z.enum(errorCodes),
  path: z.string().optional().meta({
    description:
      'JSON Pointer to the column, "" for the whole row; absent: many faults of which a batch keeps one count.',
  }),
  message: z.string().optional(),
  count: count("Rows that have it. A row with several faults is counted under each"),
  rows: z.array(z.int()).readonly().meta({ description: "The first of the rows, two at most." }),
});

export type RejectsOfFault = Readonly<z.infer<typeof rejectsOfFaultSchema>>;

/** A batch while it is followed. */
export const batchWithFailuresSchema = z.object({
  ...batchMembers,
  failuresByCode: z.array(failuresOfCodeSchema).readonly().meta({
    description:
      "Failed rows by error code, the most frequent first. Rows whose install was no longer kept when its end was read have no code: they are in `failed` alone.",
  }),
  rejectsByFault: z.array(rejectsOfFaultSchema).readonly().meta({
    description:
      "Rejected rows by what is wrong with them, the most frequent first. Empty for batches of older versions.",
  }),
});

export type BatchWithFailures = Readonly<z.infer<typeof batchWithFailuresSchema>>;

export interface FailuresReader {
  readonly batches: Pick<Batches, "failureCounts" | "faultCounts" | "readRows" | "linesOf">;
  readonly installs: Pick<Installs, "findMany">;
}

/** A batch with its failed rows by code and its rejected ones by fault, the most frequent first. */
export const withFailures = async (reader: FailuresReader, batch: Batch): Promise<BatchWithFailures> => {
  const [failures, rejects] = await Promise.all([
    batch.failed === 0 ? [] : readByCode(reader, batch.id),
    batch.rejected === 0 ? [] : reader.batches.faultCounts(batch.id),
  ]);
  return { ...batch, failuresByCode: failures, rejectsByFault: rejects };
};

const readByCode = async (reader: FailuresReader, batchId: string): Promise<readonly FailuresOfCode[]> => {
  const counts = await reader.batches.failureCounts(batchId);
  const examples = await readFailures(
    reader,
    batchId,
    counts.flatMap(({ rows }) => rows),
  );
  return counts.map(({ code, count: failed, rows }) => {
    const { actor, action } = errorCatalogue[code];
    const ofCode = examples.filter(({ row, errorCode }) => rows.includes(row) && errorCode === code);
    const birdMessage = ofCode.find((example) => example.birdMessage !== undefined)?.birdMessage;
    return { code, count: failed, actor, action, rows, birdMessage, examples: ofCode };
  });
};
