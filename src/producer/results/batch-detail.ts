import { z } from "zod";
import { type Batch, batchSampleSchema } from "../../install/batch.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { batchWithFailuresSchema, type FailuresReader, withFailures } from "./failures-by-code.ts";
import { failedRowSchema, recentFailures } from "./recent-failures.ts";

/** A batch that is asked for by itself. */
export const batchDetailSchema = z
  .object({
    ...batchWithFailuresSchema.shape,
    recentFailures: z
      .array(failedRowSchema)
      .readonly()
      .meta({ description: "Latest rows that failed and still are failed, newest first; twenty at most." }),
    samples: z.array(batchSampleSchema).readonly().meta({
      description: "Installs that had ended at some moments of the last minute it ran, oldest first.",
    }),
  })
  .meta({ id: "BatchWithFailures" });

export type BatchDetail = Readonly<z.infer<typeof batchDetailSchema>>;

interface DetailReader extends FailuresReader {
  readonly batches: FailuresReader["batches"] & Pick<Batches, "failures" | "samples">;
}

/** A batch in the API's form: its counts, failures and recent pace. */
export const batchDetail = async (reader: DetailReader, batch: Batch): Promise<BatchDetail> => {
  const [seen, latest, samples] = await Promise.all([
    withFailures(reader, batch),
    batch.failed === 0 ? [] : recentFailures(reader, batch.id),
    reader.batches.samples(batch.id),
  ]);
  return { ...seen, recentFailures: latest, samples };
};
