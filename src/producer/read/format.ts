/** How an import file is written. */
export type ImportFormat = "csv" | "ndjson";

const endings = new Map<string, ImportFormat>([
  ["csv", "csv"],
  ["tsv", "csv"],
  ["txt", "csv"],
  ["ndjson", "ndjson"],
  ["jsonl", "ndjson"],
]);

/** The format a file's name stands for, or undefined when only its content can tell. */
export const detectFormat = (fileName: string): ImportFormat | undefined =>
  endings.get(/\.([^./\\]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? "");

/** How much of nothing is read in search of content. */
const blankBytesMax = 65_536;

/**
 * Finds the format by the first character with content (`{` or `[` is JSON), and gives the chunks back with
 * nothing missing. Reads no further than that character, or than 64 KiB without any.
 */
export const sniffFormat = async (
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly format: ImportFormat; readonly chunks: AsyncIterable<Uint8Array> }> => {
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let seenBytes = 0;
  let first: string | undefined;
  while (first === undefined && seenBytes < blankBytesMax) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    seen.push(value);
    seenBytes += value.length;
    first = /[^\s\u00ef\u00bb\u00bf]/.exec(Buffer.from(value).toString("latin1"))?.[0];
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* seen;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  }
  return { format: first === "{" || first === "[" ? "ndjson" : "csv", chunks: all() };
};
