import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ProblemError } from "../../http/problem.ts";
import type { Batch, InputFile } from "../../install/batch.ts";
import { BatchNotFoundError } from "../../install/errors/errors.ts";
import type { ImportRows, InputEnd } from "../../producer/import/import-rows.ts";
import { groupSize, type InputRow } from "../../producer/put/enqueue-rows.ts";
import type { ColumnOptions } from "../../producer/read/column-options.ts";
import type { DetectedFile } from "../../producer/read/detected-file.ts";
import { editedRows, type RowEdits } from "../../producer/read/edited-rows.ts";
import type { Encoding } from "../../producer/read/encoding.ts";
import { ImportFileError } from "../../producer/read/errors.ts";
import { chooseFormat, type ImportFormat } from "../../producer/read/format.ts";
import { howToInForm, howToInQuery } from "../../producer/read/how-to.ts";
import { checkText, type TextOptions } from "../../producer/read/lines.ts";
import { readRows } from "../../producer/read/rows.ts";
import type { Batches, BatchOptions } from "../../queue/batches/batches.ts";
import type { Caller } from "../auth/reach.ts";
import { readBody } from "../server/read-body.ts";
import type { UploadPlace } from "../server/upload-places.ts";
import { onlyHttpsRows, onlyReachableRows } from "./row-rules.ts";

/** An uploaded import file whose first row has been read. */
export interface Upload {
  /** All rows, read on demand. They end early, without an error, when the file breaks or the upload is stopped. */
  readonly rows: AsyncGenerator<InputRow, void, undefined>;
  /** What ended the rows before the file did. */
  readonly fileError: () => ImportFileError | undefined;
  /** What results repeat of the file. */
  readonly file: InputFile;
  /** Its form, as far as it was read. */
  readonly detected: () => DetectedFile;
  /** Why reading was stopped: the client disconnected, or the server closes. */
  readonly stop: () => ProblemError | undefined;
  /** Stops reading and discards further bytes, so that the client reads the answer. */
  readonly close: () => void;
}

/**
 * Begins to read an uploaded file. Yields rows in whole groups and drops a group that is cut off, so a later import of
 * the same file meets the same groups; the digest of the first group identifies the batch.
 *
 * @param body Stays open when reading ends, because its connection still has to carry the answer.
 * @param options.signal Stops the reading; its reason is a {@link ProblemError}.
 * @throws {ProblemError} The file is refused as a whole, or it was stopped before its first group of rows had arrived.
 */
export const openUpload = async (
  body: Readable,
  options: {
    /** Undefined: the file's first bytes show it. */
    readonly format: ImportFormat | undefined;
    /** The file has a name instead of a content type: a workbook is one whatever its name. */
    readonly isNamed: boolean;
    readonly ignoreUnknownColumns: boolean;
    readonly encoding?: Encoding | undefined;
    readonly columns?: ColumnOptions | undefined;
    readonly sheet?: string | undefined;
    readonly edits: RowEdits;
    /** What the client says of the body's length. */
    readonly contentLength?: number | undefined;
    readonly signal: AbortSignal;
    readonly place: UploadPlace;
  },
): Promise<Upload> => {
  const { signal, place, contentLength, isNamed, edits, format: known, ...others } = options;
  const { bytes, drain, readAhead } = readBody(body, signal);
  place.whenWanted(readAhead);
  const { format, chunks: whole } =
    isNamed || known === undefined
      ? await chooseFormat(bytes, known).catch((error: unknown) => {
          drain();
          throw error;
        })
      : { format: known, chunks: bytes };
  const reading = { ...others, format, howTo: isNamed ? howToInForm : howToInQuery };
  let file: InputFile = {};
  let detected: DetectedFile = { format: reading.format };
  const isChecked =
    reading.format !== "xlsx" && contentLength !== undefined && contentLength <= wholeBytesMax;
  const chunks = isChecked ? checkedWhole(whole, reading) : whole;
  const rows = readRows(chunks, {
    ...reading,
    fileBytes: isNamed ? undefined : contentLength,
    onFile: ({ notes = [], ...read }) => {
      file = read;
      if (notes.length > 0) detected = { ...detected, notes: [...notes] };
    },
    onDetected: (part) => {
      detected = { ...detected, ...part };
    },
  });
  const upload = readUpload(
    edits.size === 0 ? rows : editedRows(rows, { edits, fill: options.columns?.fill ?? {} }),
  );
  const first = await upload.rows.next();
  const refused = first.done === true ? (upload.fileError() ?? upload.stop()) : undefined;
  if (refused !== undefined) {
    drain();
    throw refused instanceof ImportFileError ? fileProblem(refused, detected) : refused;
  }
  async function* all(): AsyncGenerator<InputRow, void, undefined> {
    if (first.done !== true) yield first.value;
    yield* upload.rows;
  }
  return { ...upload, rows: all(), file, detected: () => detected, close: drain };
};

/** The problem of a file that is refused as a whole. */
const fileProblem = ({ message }: ImportFileError, file: DetectedFile): ProblemError =>
  new ProblemError({
    status: 422,
    code: "invalid_request",
    detail: message,
    errors: [{ path: "", message }],
    file,
  });

/** A body up to this size is checked for its encoding before its first row. */
const wholeBytesMax = 4_194_304;

/** The bytes, once all of them are known to be text. @throws {ImportFileError} */
async function* checkedWhole(
  bytes: AsyncIterable<Uint8Array>,
  reading: TextOptions,
): AsyncGenerator<Uint8Array> {
  const whole = Buffer.concat(await Array.fromAsync(bytes));
  const once = async function* () {
    yield whole;
  };
  await checkText(once(), reading);
  yield* once();
}

/** Rows in whole groups, and what ended them before their source did. */
export const readUpload = (source: AsyncIterable<InputRow>): Omit<Upload, "close" | "detected" | "file"> => {
  let fileError: ImportFileError | undefined;
  let stop: ProblemError | undefined;
  async function* rows(): AsyncGenerator<InputRow, void, undefined> {
    let held: InputRow[] = [];
    try {
      for await (const row of source) {
        held.push(row);
        if (held.length < groupSize) continue;
        yield* held;
        held = [];
        // Rows that are buffered already must not starve other requests.
        await nextTurn();
      }
    } catch (error) {
      const ended = knownEnd(error);
      if (ended instanceof ProblemError) stop = ended;
      else fileError = ended;
      if (ended instanceof ProblemError || ended.refusesAll) return;
    }
    yield* held;
  }
  return { rows: rows(), fileError: () => fileError, stop: () => stop };
};

/** Rethrows what is no known end of a file. */
const knownEnd = (error: unknown): ProblemError | ImportFileError => {
  if (error instanceof ProblemError || error instanceof ImportFileError) return error;
  throw error;
};

interface UploadOptions extends Pick<BatchOptions, "name" | "canary" | "haltAt"> {
  readonly caller: Caller;
}

/** How far the import of an upload got. */
interface Reached {
  readonly batchId: string;
  /** Rows read. */
  readonly rows: number;
}

export interface ImportUploadDeps {
  readonly importRows: ImportRows;
  readonly batches: Pick<Batches, "find">;
  /** `NOTIFY_ALLOW_PRIVATE`: addresses of webhooks may be http. */
  readonly allowsHttp: boolean;
}

/**
 * Enqueues the rows of an upload as a batch.
 *
 * @returns The batch, whose rows are all enqueued or rejected.
 * @throws {ProblemError} The file broke off, reading was stopped or the batch was cancelled meanwhile. Rows read before
 *   that are kept; the problem has the batch's id and their number.
 * @throws {RedisUnavailableError} Rows read before that are kept; repeating the upload continues.
 */
export const importUpload = async (
  { importRows, batches, allowsHttp }: ImportUploadDeps,
  upload: Omit<Upload, "detected">,
  { caller, ...options }: UploadOptions,
): Promise<Batch> => {
  const end = (): InputEnd => {
    if (upload.fileError() !== undefined) return "broken";
    return upload.stop() === undefined ? "whole" : "stopped";
  };
  const rowsIn = onlyReachableRows(onlyHttpsRows(upload.rows, { allowsHttp }), caller);
  const sender = { requestedBy: caller.name, namespace: caller.name, within: caller.workspaces };
  const opened = await importRows(rowsIn, { ...options, ...sender, file: upload.file, end });
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

/** Why not all rows of the file were read. */
const shortfall = (
  upload: Pick<Upload, "stop" | "fileError">,
  reached: Reached,
): ProblemError | undefined => {
  const stop = upload.stop();
  if (stop !== undefined) return new ProblemError({ ...stop.problem, ...reached });
  const fileError = upload.fileError();
  if (fileError === undefined) return undefined;
  return new ProblemError({
    status: 422,
    code: "invalid_request",
    detail: `${fileError.message} The rows before that (${reached.rows}) are in batch ${reached.batchId}. Correct the file and send it again: numbers that are installed or on their way are not installed twice.`,
    errors: [{ path: "", message: fileError.message }],
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
