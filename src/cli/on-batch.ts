import { BatchNotFoundError, BatchStateError } from "../queue/batch-errors.ts";
import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { printNote } from "./print.ts";

/** Runs a command about one batch. That there is none, or not in a state for this, is said in a sentence. */
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

/** As far as its form tells; Redis holds other things under such names. */
const knownBatchId = (id: string): string => {
  if (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(id)) return id;
  throw new BatchNotFoundError(id);
};
