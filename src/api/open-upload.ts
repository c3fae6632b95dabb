import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ProblemError } from "../http/problem.ts";
import { groupSize, type InputRow } from "../producer/enqueue-rows.ts";
import { ImportFileError } from "../producer/import-file-error.ts";
import { type ImportFormat, readRows } from "../producer/read-rows.ts";
import { readBody } from "./read-body.ts";

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
