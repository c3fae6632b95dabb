import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError, BatchStateError } from "../../install/errors/errors.ts";
import { knownBatchId } from "../../install/values/ids.ts";
import { batchDetail } from "../../producer/results/batch-detail.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";

/** Where a batch is read from; a producer has both. */
export interface BatchReader {
  readonly batches: Pick<
    Batches,
    | "find"
    | "rows"
    | "readRows"
    | "failures"
    | "failureCounts"
    | "faultCounts"
    | "inputFile"
    | "linesOf"
    | "samples"
  >;
  readonly installs: Pick<Installs, "findMany">;
}

/** A batch in the API's form. */
export const batchResource = (reader: BatchReader, batch: Batch) => batchDetail(reader, batch);

/** Runs a command about one batch; prints an error when there is none, or its state does not allow the command. */
export const onBatch = async (
  io: Io,
  batchId: string,
  run: (knownId: string) => Promise<number>,
): Promise<number> => {
  try {
    return await run(knownBatchId(batchId));
  } catch (error) {
    if (!(error instanceof BatchNotFoundError || error instanceof BatchStateError)) throw error;
    printNote(io, error.message);
    return exitCode.failed;
  }
};
