import { type Entry, fromBufferPromise, type ZipFile } from "yauzl";
import { ImportFileError } from "../errors.ts";

/** Limits of what a workbook may hold, so that a small file cannot take much memory or time. */
export const workbookLimits = {
  fileBytes: 33_554_432,
  entries: 5000,
  /** Of one part, as it is unpacked. */
  sheetBytes: 268_435_456,
  sharedStringsBytes: 134_217_728,
  otherBytes: 8_388_608,
  /** A part that grows beyond a mebibyte may not grow by more than this. Real sheets grow by 5 to 40. */
  ratio: 200,
  ratioFromBytes: 1_048_576,
  rows: 1_048_576,
  columns: 1024,
} as const;

/** The parts of an Excel workbook. */
export interface Archive {
  /** Names of the parts, as they are in the file. */
  readonly names: readonly string[];
  /** Whether there is a part of this name, in any case. */
  has(name: string): boolean;
  /**
   * The text of a part, piece by piece; nothing if there is no such part.
   *
   * @throws {ImportFileError} it is broken, or unpacks to more than the limit.
   */
  read(name: string, bytesMax: number): AsyncGenerator<string>;
  close(): void;
}

export const asCsv = "save it as .xlsx or CSV UTF-8 in a spreadsheet and import that file";
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const mebibytes = (bytes: number): string => `${number.format(bytes / 1_048_576)} MiB`;
/** A size that is above the limit, however close, and so is not rounded to it. */
const excess = (bytes: number, limit: number): string =>
  mebibytes(bytes) === mebibytes(limit) ? `${bytes.toLocaleString("en")} bytes` : mebibytes(bytes);

/**
 * @param options.fileBytes The file's size, where it is known before.
 * @throws {ImportFileError} the file is no workbook of .xlsx, or too large.
 */
export const openArchive = async (
  chunks: AsyncIterable<Uint8Array>,
  { fileBytes }: { readonly fileBytes?: number | undefined } = {},
): Promise<Archive> => {
  const bytes = await collect(chunks, fileBytes);
  refuseOtherFiles(bytes);
  const zip = await fromBufferPromise(bytes).catch((cause: unknown) => {
    throw new ImportFileError("The workbook is damaged or cut off: save it again in a spreadsheet.", {
      cause,
    });
  });
  const entries = await entriesOf(zip);
  const names = [...entries.values()].map(({ fileName }) => fileName);
  refuseOtherArchives(names);
  return {
    names,
    has: (name) => entries.has(name.toLowerCase()),
    read: async function* (name, bytesMax) {
      const entry = entries.get(name.toLowerCase());
      if (entry !== undefined) yield* textOf(zip, entry, bytesMax);
    },
    close: () => zip.close(),
  };
};

const collect = async (chunks: AsyncIterable<Uint8Array>, knownBytes = 0): Promise<Buffer> => {
  const collected: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    collected.push(chunk);
    if (Math.max(size, knownBytes) > workbookLimits.fileBytes) throw tooLargeFile(knownBytes);
  }
  return Buffer.concat(collected);
};

/** @param bytes 0: unknown. */
const tooLargeFile = (bytes: number): ImportFileError => {
  const { fileBytes } = workbookLimits;
  const size =
    bytes > fileBytes
      ? `is ${excess(bytes, fileBytes)}, and ${mebibytes(fileBytes)} is the limit`
      : `is larger than ${mebibytes(fileBytes)}, which is the limit`;
  return new ImportFileError(`The workbook ${size}: save it as CSV UTF-8, which has no limit.`);
};

const compoundFile = [0xd0, 0xcf, 0x11, 0xe0];

const refuseOtherFiles = (bytes: Buffer): void => {
  if (bytes.length === 0)
    throw new ImportFileError("The file is empty: begin it with a line that names the columns.");
  if (compoundFile.every((byte, index) => bytes[index] === byte)) {
    const isEncrypted = bytes.includes(Buffer.from("EncryptedPackage", "utf16le"));
    throw new ImportFileError(
      isEncrypted
        ? "The workbook is protected by a password: save it without one and import that file."
        : `The file is a workbook of the old format (.xls): ${asCsv}.`,
    );
  }
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    throw new ImportFileError(`The file is no Excel workbook, whatever its name says: ${asCsv}.`);
};

const refuseOtherArchives = (names: readonly string[]): void => {
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (has(/^xl\/workbook\d*\.xml$/i)) return;
  const what =
    kinds.find(([pattern]) => has(pattern))?.[1] ??
    "a ZIP archive and no workbook: unpack it and import the table in it";
  throw new ImportFileError(`The file is ${what}.`);
};

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^xl\/workbook\.bin$/i, `a binary workbook (.xlsb): ${asCsv}`],
  [
    /^Index\/.*\.iwa$|^Index\.zip$/i,
    "a document of Apple's apps (.numbers): export it there as Excel or CSV and import that file",
  ],
  [/^content\.xml$/i, `an OpenDocument file (.ods): ${asCsv}`],
  [/^word\//i, "a text document: copy its table into a spreadsheet and save it as .xlsx or CSV UTF-8"],
];

const entriesOf = async (zip: ZipFile): Promise<ReadonlyMap<string, Entry>> => {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (entries.size >= workbookLimits.entries)
        throw tooLarge(`has more than ${number.format(workbookLimits.entries)} parts, which is the limit`);
      if (entry.isEncrypted())
        throw new ImportFileError(
          "The file is protected by a password: save it without one and import that file.",
        );
      entries.set(entry.fileName.toLowerCase(), entry);
    }
  } catch (cause) {
    throw asFileError(cause);
  }
  return entries;
};

const tooLarge = (what: string): ImportFileError =>
  new ImportFileError(
    `The workbook ${what}: save the one sheet as CSV UTF-8, which has no limit, and import that file.`,
  );

const asFileError = (cause: unknown): ImportFileError =>
  cause instanceof ImportFileError
    ? cause
    : new ImportFileError("The workbook is damaged or cut off: save it again in a spreadsheet.", { cause });

async function* textOf(zip: ZipFile, entry: Entry, bytesMax: number): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const { ratio, ratioFromBytes } = workbookLimits;
  let size = 0;
  try {
    if (entry.uncompressedSize > bytesMax)
      throw tooLarge(
        `has a part that unpacks to ${excess(entry.uncompressedSize, bytesMax)}, and ${mebibytes(bytesMax)} is the limit`,
      );
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > bytesMax)
        throw tooLarge(`has a part that unpacks to more than ${mebibytes(bytesMax)}, which is the limit`);
      if (size > ratioFromBytes && size > entry.compressedSize * ratio)
        throw tooLarge(`has a part that unpacks to more than ${ratio} times its size, which no table does`);
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    throw asFileError(cause);
  }
}
