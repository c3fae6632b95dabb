import type { Batch } from "../install/batch.ts";
import type { BatchActions } from "../queue/batch-actions.ts";
import { BatchNotFoundError, BatchStateError } from "../queue/batch-errors.ts";
import { agree } from "./agree.ts";
import type { BatchReader } from "./batch-reader.ts";
import { batchResource } from "./batch-resource.ts";
import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { printJson, printLine } from "./print.ts";

/** Cancels a batch, once somebody has agreed to what that ends. */
export const cancelBatch = async (
  {
    io,
    producer,
    batchActions,
  }: { readonly io: Io; readonly producer: BatchReader; readonly batchActions: Pick<BatchActions, "cancel"> },
  batchId: string,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
): Promise<number> => {
  const batch = await producer.batches.find(batchId);
  if (batch === undefined) throw new BatchNotFoundError(batchId);
  if (batch.status === "finished") throw new BatchStateError("The batch is finished already.");
  const refusal = await agree(io, { question: questionOf(batch), yes });
  if (refusal !== undefined) return refusal;
  const cancelled = await batchActions.cancel(batchId);
  if (json) printJson(io, await batchResource(producer, cancelled));
  else printLine(io, `Batch ${batchId} is cancelled. Watch how it ends: perch batch ${batchId} --watch`);
  return exitCode.done;
};

const questionOf = ({ id, name, queued, awaiting }: Batch): string =>
  `Cancel batch ${id} (${name})? ${queued} queued will be ended; ${awaiting} awaiting have their connector and end by themselves.`;
