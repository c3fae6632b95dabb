import { ProblemError } from "../http/problem.ts";
import type { Batch } from "../install/batch.ts";
import type { InputEnd } from "../producer/import-rows.ts";
import { BatchNotFoundError } from "../queue/batch-errors.ts";
import type { BatchOptions } from "../queue/batches.ts";
import type { ApiDeps } from "./api-deps.ts";
import { onlyHttpsRows } from "./only-https-rows.ts";
import { onlyReachableRows } from "./only-reachable-rows.ts";
import type { Upload } from "./open-upload.ts";
import type { Caller } from "./reach.ts";

interface UploadOptions extends Pick<BatchOptions, "name" | "canary" | "haltAt"> {
  readonly caller: Caller;
}

/** Where the import of an upload came to. */
interface Reached {
  readonly batchId: string;
  /** Rows read. */
  readonly rows: number;
}

/**
 * Enqueues the rows of an upload as a batch.
 *
 * @returns The batch, whose rows are all enqueued or rejected.
 * @throws {ProblemError} The file broke off, the reading was stopped or the batch was cancelled meanwhile: what was read
 *   stays, and the problem has the batch and how many rows that is.
 * @throws {RedisUnavailableError} What was read stays; the same upload again goes on.
 */
export const importUpload = async (
  { importRows, batches, allowsHttp }: Pick<ApiDeps, "importRows" | "batches" | "allowsHttp">,
  upload: Upload,
  { caller, ...options }: UploadOptions,
): Promise<Batch> => {
  const end = (): InputEnd => {
    if (upload.fault() !== undefined) return "broken";
    return upload.stop() === undefined ? "whole" : "stopped";
  };
  const rowsIn = onlyReachableRows(onlyHttpsRows(upload.rows, { allowsHttp }), caller);
  const sender = { requestedBy: caller.name, namespace: caller.name, within: caller.workspaces };
  const opened = await importRows(rowsIn, { ...options, ...sender, end });
  const { batchId } = opened;
  let rows = 0;
  for await (const { row } of opened.rows) rows = row;
  const problem = shortfall(upload, { batchId, rows });
  if (problem !== undefined) throw problem;
  const batch = await batches.find(batchId);
  if (batch === undefined) throw new BatchNotFoundError(batchId);
  if (batch.status === "cancelled" && batch.isCutOff === true) throw cancelledProblem({ batchId, rows });
  return batch;
};

/** Why not all rows of the file are in. */
const shortfall = (upload: Upload, reached: Reached): ProblemError | undefined => {
  const stop = upload.stop();
  if (stop !== undefined) return new ProblemError({ ...stop.problem, ...reached });
  const fault = upload.fault();
  if (fault === undefined) return undefined;
  return new ProblemError({
    status: 422,
    code: "invalid_request",
    detail: `${fault.message} The rows before that (${reached.rows}) are in batch ${reached.batchId}. Correct the file and send it again: numbers that are installed or on their way are not installed twice.`,
    errors: [{ path: "", message: fault.message }],
    ...reached,
  });
};

const cancelledProblem = (reached: Reached): ProblemError =>
  new ProblemError({
    status: 409,
    code: "wrong_state",
    detail: `Batch ${reached.batchId} was cancelled while its file was read: the rows after ${reached.rows} are not in it. Send the file again to begin a new one.`,
    ...reached,
  });
