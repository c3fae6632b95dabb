import { open } from "node:fs/promises";
import { addAbortSignal, type Readable } from "node:stream";
import type { InputEnd } from "../../producer/import/import-rows.ts";
import { groupSize, type InputRow } from "../../producer/put/enqueue-rows.ts";
import type { ColumnOptions } from "../../producer/read/column-options.ts";
import type { ReadFile } from "../../producer/read/csv.ts";
import type { Encoding } from "../../producer/read/encoding.ts";
import { ImportFileError } from "../../producer/read/errors.ts";
import { chooseFormat, detectFormat } from "../../producer/read/format.ts";
import { checkText } from "../../producer/read/lines.ts";
import { readRows } from "../../producer/read/rows.ts";

/** An import file whose header and first rows have been read. */
export interface ImportSource {
  /** All rows. Ends early, without an error, when the signal is aborted or the file breaks. */
  readonly rows: AsyncGenerator<InputRow, void, undefined>;
  /** How much of the file has been read, 0 to 1; undefined when its size is unknown. */
  readonly share: () => number | undefined;
  /** What ended the rows before the file did. */
  readonly fileError: () => ImportFileError | undefined;
  /** How the rows ended; `stopped` until they have. */
  readonly end: () => InputEnd;
  /** What results repeat of the file. */
  readonly file: ReadFile;
  readonly close: () => Promise<void>;
}

/**
 * Opens an import file, `-` for standard input, and reads its first rows.
 *
 * @returns undefined when the signal was aborted before they had arrived.
 * @throws {ImportFileError} when it cannot be read or is refused as a whole.
 */
export const openImportSource = async (
  stdin: Readable,
  options: {
    readonly file: string;
    readonly ignoreUnknownColumns: boolean;
    readonly encoding?: Encoding | undefined;
    readonly columns?: ColumnOptions | undefined;
    readonly sheet?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<ImportSource | undefined> => {
  const { file, signal, ...reading } = options;
  const { stream, sizeBytes } = file === "-" ? { stream: stdin, sizeBytes: undefined } : await openFile(file);
  if (signal !== undefined) addAbortSignal(signal, stream);
  let readBytes = 0;
  let fileError: ImportFileError | undefined;
  let end: InputEnd = "stopped";
  let readFile: ReadFile = {};
  async function* plural(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) {
        const bytes = Buffer.from(chunk);
        readBytes += bytes.length;
        yield bytes;
      }
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      throw new ImportFileError(`The file cannot be read to its end: ${reasonOf(cause)}.`, { cause });
    }
  }
  const begin = async () => {
    const known = file === "-" ? undefined : detectFormat(file);
    const { format, chunks } = await chooseFormat(plural(), known);
    // Before anything is enqueued: a file of another encoding is refused as a whole.
    if (sizeBytes !== undefined && format !== "xlsx")
      await checkText((await openFile(file)).stream, reading).catch((error: unknown) => {
        stream.destroy();
        throw error;
      });
    const iterator = readRows(chunks, {
      ...{ ...reading, format, fileBytes: sizeBytes },
      onFile: (read) => {
        readFile = read;
      },
    });
    return { iterator, first: await iterator.next() };
  };
  const begun = await begin().catch(ignoreIfAborted(signal));
  if (begun === undefined) return undefined;
  const { iterator, first } = begun;
  async function* read(): AsyncGenerator<InputRow, void, undefined> {
    try {
      let next = first;
      for (; next.done !== true && signal?.aborted !== true; next = await iterator.next()) yield next.value;
      if (next.done === true) end = "whole";
    } catch (error) {
      if (!(error instanceof ImportFileError)) return ignoreIfAborted(signal)(error);
      fileError = error;
      end = "broken";
    }
  }
  const all = read();
  // The first group of rows identifies a batch: an import that stops within it has not begun.
  const ahead = await take(all, groupSize);
  if (fileError?.refusesAll === true) throw fileError;
  if (ahead.length < groupSize && signal?.aborted === true && end === "stopped") {
    await iterator.return();
    return undefined;
  }
  async function* rows(): AsyncGenerator<InputRow, void, undefined> {
    yield* ahead;
    yield* all;
  }
  return {
    rows: rows(),
    share: () => (sizeBytes === undefined ? undefined : Math.min(1, readBytes / Math.max(1, sizeBytes))),
    fileError: () => fileError,
    end: () => end,
    file: readFile,
    close: async () => {
      await iterator.return();
    },
  };
};

const take = async (rows: AsyncGenerator<InputRow>, count: number): Promise<readonly InputRow[]> => {
  const taken: InputRow[] = [];
  while (taken.length < count) {
    const next = await rows.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
};

/** Ignores the error of an aborted stream, which adds nothing to the signal. */
const ignoreIfAborted =
  (signal: AbortSignal | undefined) =>
  (error: unknown): undefined => {
    if (signal?.aborted !== true || error instanceof ImportFileError) throw error;
  };

const reasons = new Map<unknown, string>([
  ["ENOENT", "there is no such file"],
  ["EACCES", "you may not read it"],
]);

const reasonOf = (cause: unknown): unknown => {
  const code = cause instanceof Error && "code" in cause ? cause.code : "unknown error";
  return reasons.get(code) ?? code;
};

const openFile = async (file: string) => {
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (!stats.isDirectory()) {
      return { stream: handle.createReadStream(), sizeBytes: stats.isFile() ? stats.size : undefined };
    }
    await handle.close();
  } catch (cause) {
    throw new ImportFileError(`The file cannot be read: ${reasonOf(cause)}.`, { cause });
  }
  throw new ImportFileError("The file cannot be read: it is a folder.");
};
