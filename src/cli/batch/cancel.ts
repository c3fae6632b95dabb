import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError, BatchStateError } from "../../install/errors/errors.ts";
import type { BatchActions } from "../../queue/actions/batch.ts";
import { confirmOrExit } from "../terminal/confirm.ts";
import { exitCode, type Io, printJson, printLine } from "../terminal/io.ts";
import { type BatchReader, batchResource } from "./read.ts";

/** Cancels a batch after a confirmation that names what it ends. */
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
  const refusal = await confirmOrExit(io, { question: questionOf(batch), yes });
  if (refusal !== undefined) return refusal;
  const cancelled = await batchActions.cancel(batchId);
  if (json) printJson(io, await batchResource(producer, cancelled));
  else printLine(io, `Batch ${batchId} is cancelled. Watch how it ends: perch batch ${batchId} --watch`);
  return exitCode.done;
};

const questionOf = ({ id, name, queued, awaiting }: Batch): string =>
  `Cancel batch ${id} (${name})? ${queued} queued will be ended; ${awaiting} awaiting have their connector and end by themselves.`;
