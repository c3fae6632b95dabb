import { textBytes } from "./text-bytes.ts";

/** The longest line that is read. Nothing that can be installed comes near it. */
export const lineCharactersMax = 1_048_576;

/** Stands for a line that is longer than {@link lineCharactersMax}; its text is gone. */
export const overlongLine = Symbol("overlong line");

export type FileLine = string | typeof overlongLine;

/** What is wrong with such a line, to follow its name. */
export const overlongFault = `is longer than ${lineCharactersMax.toLocaleString("en")} characters: check its line ends and quotes, and write one row a line`;

/**
 * Reads UTF-8 text, with or without BOM, as lines without their ends (LF, CRLF, CR, also mixed), in blocks
 * as they arrive. Bytes that are no UTF-8 become U+FFFD. Of a line that is too long nothing is kept.
 *
 * @throws {ImportFileError} when the file is not text.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly FileLine[]> {
  const decoder = new TextDecoder();
  const splitter = createLineSplitter();
  for await (const bytes of textBytes(chunks)) {
    const lines = splitter.feed(decoder.decode(bytes, { stream: true }));
    if (lines.length > 0) yield lines;
  }
  const lines = splitter.end(decoder.decode());
  if (lines.length > 0) yield lines;
}

const createLineSplitter = () => {
  /** The line begun last. */
  let rest: FileLine = "";
  /** A CR at the end of what is known may be half of a CRLF. */
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
