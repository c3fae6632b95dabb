import { ImportFileError } from "./errors.ts";
import type { HowTo } from "./how-to.ts";

/** How the characters of a text file are written as bytes. */
export type Encoding = "utf-8" | "windows-1252" | "utf-16le" | "utf-16be";

const names = new Map<string, Encoding>([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["us-ascii", "utf-8"],
  ["ascii", "utf-8"],
  ["windows-1252", "windows-1252"],
  ["cp1252", "windows-1252"],
  ["cp-1252", "windows-1252"],
  // Programs that name ISO 8859-1 mean Windows-1252 (WHATWG Encoding Standard): only control characters differ.
  ["iso-8859-1", "windows-1252"],
  ["iso8859-1", "windows-1252"],
  ["latin1", "windows-1252"],
  ["latin-1", "windows-1252"],
  ["utf-16le", "utf-16le"],
  ["utf-16be", "utf-16be"],
]);

/** The encoding of this name in any case; undefined for one that is not read. */
export const encodingOf = (name: string): Encoding | undefined => names.get(name.trim().toLowerCase());

export const encodingIssue = "must be utf-8, windows-1252, iso-8859-1, utf-16le or utf-16be";

const shownNames = {
  "utf-8": "UTF-8",
  "windows-1252": "Windows-1252",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16",
} as const satisfies Record<Encoding, string>;

/** The encoding that the first bytes of a file name by their byte order mark; undefined without one. */
export const markedEncoding = ([first, second, third]: Uint8Array): Encoding | undefined => {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xef && second === 0xbb && third === 0xbf ? "utf-8" : undefined;
};

/** Decodes a text file piece by piece. */
interface Decoder {
  /**
   * @param bytes Without them, the end of the file.
   * @throws {WrongBytes}
   */
  decode(bytes?: Uint8Array): string;
}

/** Bytes that are not of the encoding: the text before them in the same piece, and the rest of their line. */
class WrongBytes extends Error {
  readonly before: string;
  readonly line: Uint8Array;

  constructor(before: string, line: Uint8Array) {
    super("wrong bytes");
    this.before = before;
    this.line = line;
  }
}

const createDecoder = (encoding: Encoding): Decoder => {
  if (encoding === "windows-1252") return windowsDecoder;
  return encoding === "utf-8" ? createUtf8Decoder() : createUtf16Decoder(encoding);
};

/** Pieces begin and end at whole characters, so that wrong bytes are found in the piece they are in. */
const createUtf8Decoder = (): Decoder => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let held: Uint8Array = new Uint8Array();
  let isFirst = true;
  return {
    decode: (bytes) => {
      const all =
        held.length === 0 && bytes !== undefined
          ? bytes
          : Buffer.concat([held, bytes ?? held.subarray(0, 0)]);
      const size = bytes === undefined ? all.length : all.length - unfinishedBytes(all);
      held = all.subarray(size);
      const whole = all.subarray(0, size);
      const text = strictText(strict, whole);
      const isMarked = isFirst && text.startsWith("\ufeff");
      if (whole.length > 0) isFirst = false;
      return isMarked ? text.slice(1) : text;
    },
  };
};

const strictText = (strict: TextDecoder, bytes: Uint8Array): string => {
  try {
    return strict.decode(bytes);
  } catch {
    let good = 0;
    let bad = bytes.length;
    // The longest valid beginning, cut at whole characters, by bisection.
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      const part = bytes.subarray(0, middle);
      if (isValid(strict, part.subarray(0, middle - unfinishedBytes(part)))) good = middle;
      else bad = middle;
    }
    const start = good - unfinishedBytes(bytes.subarray(0, good));
    throw new WrongBytes(strict.decode(bytes.subarray(0, start)), restOfLine(bytes, start));
  }
};

const isValid = (strict: TextDecoder, bytes: Uint8Array): boolean => {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** How many bytes at the end begin a character that is not complete. */
const unfinishedBytes = (bytes: Uint8Array): number => {
  for (let count = 1; count <= Math.min(3, bytes.length); count += 1) {
    const byte = bytes[bytes.length - count] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return count < size ? count : 0;
  }
  return 0;
};

const restOfLine = (bytes: Uint8Array, start: number): Uint8Array => {
  const end = bytes.subarray(start).findIndex((byte) => byte === 0x0a || byte === 0x0d);
  return end === -1 ? bytes.subarray(start) : bytes.subarray(start, start + end);
};

const createUtf16Decoder = (encoding: "utf-16le" | "utf-16be"): Decoder => {
  const strict = new TextDecoder(encoding, { fatal: true });
  return {
    decode: (bytes) => {
      try {
        return bytes === undefined ? strict.decode() : strict.decode(bytes, { stream: true });
      } catch {
        const [before = ""] = new TextDecoder(encoding).decode(bytes).split("\ufffd");
        throw new WrongBytes(before, new Uint8Array());
      }
    },
  };
};

/** Bytes to which Windows-1252 gives no character. */
const unassigned: ReadonlySet<number> = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
const windows = new TextDecoder("windows-1252");

const windowsDecoder: Decoder = {
  decode: (bytes = new Uint8Array()) => {
    const at = bytes.findIndex((byte) => unassigned.has(byte));
    if (at === -1) return windows.decode(bytes);
    throw new WrongBytes(windows.decode(bytes.subarray(0, at)), new Uint8Array());
  },
};

/** What Windows-1252 puts in bytes 0x80 to 0x9f that people write: the euro, quotes, dashes and the trade mark. */
const writtenOften: ReadonlySet<number> = new Set([0x80, 0x82, 0x84, 0x85, ...range(0x91, 0x97), 0x99]);

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

/** Whether a line is likely Windows-1252. Other code pages put letters into the bytes 0x80 to 0x9f. */
const isLikelyWindows = (line: Uint8Array): boolean => {
  const high = line.filter((byte) => byte >= 0x80);
  return (
    !high.some((byte) => unassigned.has(byte)) && high.some((byte) => byte >= 0xa0 || writtenOften.has(byte))
  );
};

/**
 * Decodes the pieces of a file.
 *
 * @param options.lineCount Returns how many whole lines were read before the piece that is decoded.
 * @throws {ImportFileError} at the first piece whose bytes are not of the encoding; it refuses the file as a whole.
 */
export const createTextReader = (
  encoding: Encoding,
  { lineCount, howTo }: { readonly lineCount: () => number; readonly howTo: HowTo },
): ((bytes?: Uint8Array) => string) => {
  const decoder = createDecoder(encoding);
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch (error) {
      if (!(error instanceof WrongBytes)) throw error;
      const line = lineCount() + error.before.split(/\r\n|\n|\r/).length;
      const fix =
        encoding === "utf-8" && isLikelyWindows(error.line)
          ? `${howTo.encoding("windows-1252")} if a spreadsheet saved it as plain CSV in Western Europe, or save it as CSV UTF-8`
          : "save it as CSV UTF-8 and import that file";
      throw new ImportFileError(
        `The file is not ${shownNames[encoding]}, and nothing of it is imported: line ${line.toLocaleString("en")} is the first with other bytes. ${sentence(fix)}.`,
        { refusesAll: true },
      );
    }
  };
};

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
