import type { OnDetected } from "./detected-file.ts";
import { createTextReader, type Encoding, markedEncoding } from "./encoding.ts";
import { ImportFileError } from "./errors.ts";
import { type HowTo, howToInCommand } from "./how-to.ts";

/** The longest line that is read; a valid row is far shorter. */
export const lineCharactersMax = 1_048_576;

/** Stands for a line that is longer than {@link lineCharactersMax}; its text is not kept. */
export const overlongLine = Symbol("overlong line");

export type FileLine = string | typeof overlongLine;

/** The issue of such a line; follows its name in a message. */
export const overlongIssue = `is longer than ${lineCharactersMax.toLocaleString("en")} characters: check its line ends and quotes, and write one row a line`;

export interface TextOptions {
  /** Default: what a byte order mark says, else UTF-8. */
  readonly encoding?: Encoding | undefined;
  readonly howTo?: HowTo | undefined;
  readonly onDetected?: OnDetected | undefined;
}

/**
 * Reads text as lines without their ends (LF, CRLF, CR, also mixed), in blocks as they arrive. The text of a line that
 * is too long is not kept.
 *
 * @throws {ImportFileError} when the file is not text, or has bytes that are not of its encoding.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  options: TextOptions = {},
): AsyncGenerator<readonly FileLine[]> {
  const splitter = createLineSplitter();
  let lineCount = 0;
  let read: ((bytes?: Uint8Array) => string) | undefined;
  const { howTo = howToInCommand } = options;
  for await (const bytes of textBytes(chunks, { ...options, howTo })) {
    if (read === undefined) {
      const encoding = encodingFor(bytes, options);
      options.onDetected?.({ encoding });
      read = createTextReader(encoding, { lineCount: () => lineCount, howTo });
    }
    const lines = splitter.feed(read(bytes));
    lineCount += lines.length;
    if (lines.length > 0) yield lines;
  }
  const lines = splitter.end(read?.() ?? "");
  if (lines.length > 0) yield lines;
}

/** @throws {ImportFileError} when the file's own mark contradicts the encoding that is given. */
const encodingFor = (start: Uint8Array, { encoding }: TextOptions): Encoding => {
  const marked = markedEncoding(start);
  if (marked !== undefined && encoding !== undefined && marked !== encoding)
    throw new ImportFileError(
      `The file begins with the byte order mark of ${marked.toUpperCase()} and is read without naming an encoding: leave ${encoding} out.`,
      { refusesAll: true },
    );
  return marked ?? encoding ?? "utf-8";
};

/** Reads a file to its end for its encoding alone. @throws {ImportFileError} */
export const checkText = async (chunks: AsyncIterable<Uint8Array>, options: TextOptions): Promise<void> => {
  for await (const _ of readLines(chunks, options));
};

const createLineSplitter = () => {
  /** The unfinished last line. */
  let rest: FileLine = "";
  /** A CR at the end of a chunk may be half of a CRLF. */
  let held = "";
  const extend = (text: string): void => {
    if (rest === overlongLine) return;
    rest = rest.length + text.length > lineCharactersMax ? overlongLine : rest + text;
  };
  const split = (text: string): FileLine[] => {
    const [first = "", ...others] = text.split(/\r\n|\n|\r/);
    const last = others.pop();
    extend(first);
    if (last === undefined) return [];
    const lines: FileLine[] = [rest, ...others];
    rest = last;
    return lines;
  };
  return {
    feed: (text: string): FileLine[] => {
      const known = held + text;
      held = known.endsWith("\r") ? "\r" : "";
      return split(known.slice(0, known.length - held.length));
    },
    end: (text: string): FileLine[] => {
      const lines = split(held + text);
      return rest === "" ? lines : [...lines, rest];
    },
  };
};

const sliceBytes = 65_536;
const saveAsText = "save it as CSV UTF-8 and import that file";

const workbook = "an Excel workbook or a ZIP archive";

/** First bytes of files that are not UTF-8 text, and the name of each kind. */
const foreignStarts = [
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: workbook },
  { bytes: [0x50, 0x4b, 0x05, 0x06], what: "an empty ZIP archive" },
  { bytes: [0xd0, 0xcf, 0x11, 0xe0], what: "an old Excel workbook" },
  { bytes: [0x1f, 0x8b], what: "a compressed file" },
  { bytes: [0x42, 0x5a, 0x68], what: "a compressed file" },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: "a compressed file" },
  { bytes: [0xfd, 0x37, 0x7a, 0x58], what: "a compressed file" },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf], what: "a compressed file" },
  { bytes: [0x52, 0x61, 0x72, 0x21], what: "a compressed file" },
  { bytes: [0x25, 0x50, 0x44, 0x46], what: "a PDF document" },
  { bytes: [0x7b, 0x5c, 0x72, 0x74], what: "a text document with formatting (RTF)" },
  { bytes: [0x89, 0x50, 0x4e, 0x47], what: "a picture" },
  { bytes: [0xff, 0xd8, 0xff], what: "a picture" },
] as const;

const longestStart = Math.max(...foreignStarts.map(({ bytes }) => bytes.length));

/**
 * The bytes of a text file in pieces of at most 64 KiB, however they arrive.
 *
 * @throws {ImportFileError} before the first piece, when the file begins like another kind of file.
 */
async function* textBytes(
  chunks: AsyncIterable<Uint8Array>,
  options: TextOptions & { readonly howTo: HowTo },
): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield* slices(chunk);
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < longestStart) continue;
    refuseForeign(start, options);
    yield* slices(start);
    start = undefined;
  }
  if (start === undefined) return;
  refuseForeign(start, options);
  yield start;
}

const refuseForeign = (
  start: Uint8Array,
  { encoding, howTo }: TextOptions & { readonly howTo: HowTo },
): void => {
  const foreign = foreignStarts.find(({ bytes }) => bytes.every((byte, index) => start[index] === byte));
  if (foreign !== undefined)
    throw new ImportFileError(
      `The file is ${foreign.what}: ${foreign.what === workbook ? `${howTo.workbook}, or ` : ""}${saveAsText}.`,
    );
  const wide = wideEncoding(start);
  if (wide === undefined || encoding === wide) return;
  throw new ImportFileError(`The file is UTF-16 text without a byte order mark: ${howTo.encoding(wide)}.`);
};

/** The byte order of UTF-16 without mark, in which one of the first two bytes is zero and the other is not. */
const wideEncoding = ([first, second]: Uint8Array): Encoding | undefined => {
  if (first === undefined || second === undefined || (first === 0) === (second === 0)) return undefined;
  return first === 0 ? "utf-16be" : "utf-16le";
};

function* slices(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += sliceBytes) yield chunk.subarray(at, at + sliceBytes);
}

/** A queue of lines, read block by block, with lookahead. */
export interface LineQueue {
  /** The buffered lines: at least one, or none at the end. */
  peek(): Promise<readonly FileLine[]>;
  /** The line `offset` after the next one; undefined beyond the end. */
  lineAt(offset: number): Promise<FileLine | undefined>;
  /** Drops the first lines. */
  drop(count: number): void;
  /** How many lines have been dropped. */
  taken(): number;
}

export const createLineQueue = (blocks: AsyncIterable<readonly FileLine[]>): LineQueue => {
  const iterator = blocks[Symbol.asyncIterator]();
  let lines: readonly FileLine[] = [];
  let taken = 0;
  let droppedCount = 0;
  /** Reads until `count` lines are buffered, or to the end. */
  const fill = async (count: number): Promise<void> => {
    while (lines.length - taken < count) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      lines = taken === lines.length ? value : [...lines.slice(taken), ...value];
      taken = 0;
    }
  };
  return {
    peek: async () => {
      await fill(1);
      return lines.slice(taken);
    },
    lineAt: async (offset) => {
      await fill(offset + 1);
      return lines[taken + offset];
    },
    drop: (count) => {
      taken += count;
      droppedCount += count;
    },
    taken: () => droppedCount,
  };
};
