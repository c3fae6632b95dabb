import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ProblemError } from "../../http/problem.ts";
import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError } from "../../install/errors.ts";
import type { InputEnd } from "../../producer/import/import-rows.ts";
import { groupSize, type InputRow } from "../../producer/put/enqueue-rows.ts";
import { ImportFileError } from "../../producer/read/file-error.ts";
import type { ImportFormat } from "../../producer/read/format.ts";
import { readRows } from "../../producer/read/rows.ts";
import type { BatchOptions } from "../../queue/batches/batches.ts";
import type { ApiDeps } from "../api-deps.ts";
import type { Caller } from "../auth/reach.ts";
import { readBody } from "../server/read-body.ts";
import { onlyHttpsRows } from "./only-https-rows.ts";
import { onlyReachableRows } from "./only-reachable-rows.ts";

/** An import file on its way in, of which the first row has been read. */
export interface Upload {
  /** All rows, read as they are asked for. End early, without an error, at a fault or when the upload is stopped. */
  readonly rows: AsyncGenerator<InputRow, void, undefined>;
  /** What ended the rows before the file did. */
  readonly fault: () => ImportFileError | undefined;
  /** Why its reading was stopped: the client is gone, or the server closes. */
  readonly stop: () => ProblemError | undefined;
  /** Reads no further; what still comes is thrown away, so that the client takes the answer. */
  readonly close: () => void;
}

/**
 * Begins to read an uploaded file. Rows are given on in whole groups, and a group that is cut off is given up: so an
 * import of the same file later meets the same groups, the first of which is what its batch is known by.
 *
 * @param body Stays open when the reading ends, because its connection has yet to carry the answer.
 * @param options.signal Stops the reading; its reason is a {@link ProblemError}.
 * @throws {ImportFileError} The file is refused as a whole.
 * @throws {ProblemError} It was stopped before its first group of rows was there.
 */
export const openUpload = async (
  body: Readable,
  options: {
    readonly format: ImportFormat;
    readonly ignoreUnknownColumns: boolean;
    readonly signal: AbortSignal;
  },
): Promise<Upload> => {
  const { signal, ...reading } = options;
  const { bytes, drain } = readBody(body, signal);
  const upload = readUpload(
    readRows(bytes, { ...reading, howToIgnore: "send ignoreUnknownColumns=true in the query" }),
  );
  const first = await upload.rows.next();
  const refused = first.done === true ? (upload.fault() ?? upload.stop()) : undefined;
  if (refused !== undefined) {
    drain();
    throw refused;
  }
  async function* all(): AsyncGenerator<InputRow, void, undefined> {
    if (first.done !== true) yield first.value;
    yield* upload.rows;
  }
  return { ...upload, rows: all(), close: drain };
};

/** Rows in whole groups, and what ended them before their source did. */
export const readUpload = (source: AsyncIterable<InputRow>): Omit<Upload, "close"> => {
  let fault: ImportFileError | undefined;
  let stop: ProblemError | undefined;
  async function* rows(): AsyncGenerator<InputRow, void, undefined> {
    let held: InputRow[] = [];
    try {
      for await (const row of source) {
        held.push(row);
        if (held.length < groupSize) continue;
        yield* held;
        held = [];
        // Rows that are at hand already must not keep the process from its other requests.
        await nextTurn();
      }
    } catch (error) {
      if (error instanceof ProblemError) {
        stop = error;
        return;
      }
      if (!(error instanceof ImportFileError)) throw error;
      fault = error;
    }
    yield* held;
  }
  return { rows: rows(), fault: () => fault, stop: () => stop };
};

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
