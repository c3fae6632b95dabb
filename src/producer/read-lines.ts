import { textBytes } from "./text-bytes.ts";

const lineCharactersMax = 1_048_576;

/** A line that can't be text of an import file; the reader that knows its row says which one it is. */
export class UnreadableLineError extends Error {
  readonly line: number;
  /** What is wrong with it, to follow its name: "is longer than …: …". */
  readonly fault: string;

  constructor(line: number, fault: string) {
    super(`Line ${line} ${fault}`);
    this.name = "UnreadableLineError";
    this.line = line;
    this.fault = fault;
  }
}

/**
 * Reads UTF-8 text, with or without BOM, as lines without their ends (LF, CRLF, CR, also mixed), in blocks
 * as they arrive. Bytes that are no UTF-8 become U+FFFD.
 *
 * @throws {UnreadableLineError} after the lines before it: longer than 1,048,576 characters, or with a NUL.
 * @throws {ImportFileError} when the file is not text.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  const splitter = createLineSplitter();
  let lineCount = 0;
  function* checked(lines: readonly string[], rest: string): Generator<readonly string[]> {
    const faultAt = [...lines, rest].findIndex((line) => faultOf(line) !== undefined);
    const good = faultAt === -1 ? lines : lines.slice(0, faultAt);
    lineCount += good.length;
    if (good.length > 0) yield good;
    const fault = faultAt === -1 ? undefined : faultOf(lines[faultAt] ?? rest);
    if (fault !== undefined) throw new UnreadableLineError(lineCount + 1, fault);
  }
  for await (const bytes of textBytes(chunks)) {
    const lines = splitter.feed(decoder.decode(bytes, { stream: true }));
    yield* checked(lines, splitter.rest());
  }
  yield* checked(splitter.end(decoder.decode()), "");
}

const faultOf = (line: string): string | undefined => {
  if (line.length > lineCharactersMax) {
    return `is longer than ${lineCharactersMax.toLocaleString("en")} characters: check its quotes and line ends`;
  }
  if (line.includes("\0")) {
    return "holds NUL bytes, so this is not a text file: save it as CSV UTF-8 and import that file";
  }
  return undefined;
};

const createLineSplitter = () => {
  let rest = "";
  /** A CR at the end of what is known may be half of a CRLF. */
  let held = "";
  const split = (text: string): string[] => {
    const [first = "", ...others] = text.split(/\r\n|\n|\r/);
    const last = others.pop();
    rest += first;
    if (last === undefined) return [];
    const lines = [rest, ...others];
    rest = last;
    return lines;
  };
  return {
    feed: (text: string): string[] => {
      const known = held + text;
      held = known.endsWith("\r") ? "\r" : "";
      return split(known.slice(0, known.length - held.length));
    },
    end: (text: string): string[] => {
      const lines = split(held + text);
      return rest === "" ? lines : [...lines, rest];
    },
    /** The line begun last. */
    rest: () => rest,
  };
};
