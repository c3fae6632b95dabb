import { ImportFileError } from "../errors.ts";
import { type Archive, workbookLimits } from "./archive.ts";
import { readXml } from "./xml.ts";

/** A sheet with cells. */
export interface Sheet {
  readonly name: string;
  readonly isHidden: boolean;
  /** Name of its part in the archive. */
  readonly part: string;
}

/** The sheets of a workbook, in the order of their tabs. Those that hold a chart are left out. */
export const readSheets = async (archive: Archive): Promise<readonly Sheet[]> => {
  const main = archive.names.find((name) => /^xl\/workbook\d*\.xml$/i.test(name)) ?? "xl/workbook.xml";
  const targets = new Map<string, string>();
  const related = main.replace(/([^/]+)$/, "_rels/$1.rels");
  await readXml(archive.read(related, workbookLimits.otherBytes), {
    open: (name, { Id = "", Target = "", Type = "" }) => {
      if (name === "Relationship" && Type.endsWith("/worksheet")) targets.set(Id, partOf(Target));
    },
  });
  const sheets: Sheet[] = [];
  await readXml(archive.read(main, workbookLimits.otherBytes), {
    open: (tag, { name = "", state, id = "" }) => {
      const part = targets.get(id);
      if (tag === "sheet" && part !== undefined)
        sheets.push({ name, part, isHidden: state !== undefined && state !== "visible" });
    },
  });
  return sheets;
};

/** A target is a path from the root, or from the folder of the workbook. */
const partOf = (target: string): string => (target.startsWith("/") ? target.slice(1) : `xl/${target}`);

const listOf = new Intl.ListFormat("en");
const shownMax = 10;

const shownNames = (sheets: readonly Sheet[]): string => {
  const names = sheets.slice(0, shownMax).map(({ name }) => `"${name.slice(0, 40)}"`);
  return listOf.format(sheets.length > shownMax ? [...names, `${sheets.length - shownMax} more`] : names);
};

/**
 * The sheet of this name, or the first that is not hidden.
 *
 * @returns also a sentence when there was a choice.
 * @throws {ImportFileError} there is no such sheet.
 */
export const chooseSheet = (
  sheets: readonly Sheet[],
  { name, how }: { readonly name: string | undefined; readonly how: string },
): { readonly sheet: Sheet; readonly notes: readonly string[] } => {
  if (name !== undefined) {
    const wanted = name.trim().toLowerCase();
    const sheet = sheets.find((each) => each.name.trim().toLowerCase() === wanted);
    if (sheet !== undefined) return { sheet, notes: [] };
    throw new ImportFileError(
      `The workbook has no sheet of the name in ${how}: it has ${shownNames(sheets)}.`,
    );
  }
  const visible = sheets.filter(({ isHidden }) => !isHidden);
  const [sheet, ...others] = visible;
  if (sheet === undefined)
    throw new ImportFileError(
      sheets.length === 0
        ? "The workbook has no sheet with cells: save the table as .xlsx or CSV UTF-8 and import that file."
        : `All sheets of the workbook are hidden: name one with ${how}, it has ${shownNames(sheets)}.`,
    );
  if (others.length === 0) return { sheet, notes: [] };
  return {
    sheet,
    notes: [
      `The workbook has ${visible.length} sheets, and "${sheet.name.slice(0, 40)}" is read: ${how} reads another (${shownNames(others)}).`,
    ],
  };
};

/** The texts that cells refer to by number. Formatting within a text and readings of Japanese are left out. */
export const readSharedStrings = async (archive: Archive): Promise<readonly string[]> => {
  const texts: string[] = [];
  let text = "";
  let isText = false;
  let readings = 0;
  await readXml(archive.read("xl/sharedStrings.xml", workbookLimits.sharedStringsBytes), {
    open: (name) => {
      if (name === "si") text = "";
      else if (name === "rPh") readings += 1;
      else if (name === "t") isText = readings === 0;
    },
    text: (part) => {
      if (isText) text += part;
    },
    close: (name) => {
      if (name === "si") texts.push(text);
      else if (name === "rPh") readings -= 1;
      else if (name === "t") isText = false;
    },
  });
  return texts;
};

/**
 * Built-in formats of dates and times.
 *
 * @see https://learn.microsoft.com/en-us/dotnet/api/documentformat.openxml.spreadsheet.numberingformat
 */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

/** Whether a format code shows a date or time: without texts in quotes, colours and conditions. */
const isDateCode = (code: string): boolean =>
  /[ymdhs]/i.test(code.replace(/"[^"]*"|\\.|_.|\[(?![hms]+\])[^\]]*\]|General/gi, ""));

/** Numbers of the cell styles that show a date or a time. */
export const readDateStyles = async (archive: Archive): Promise<ReadonlySet<number>> => {
  const dateFormats = new Set<number>();
  const dates = new Set<number>();
  let isCellStyles = false;
  let count = 0;
  await readXml(archive.read("xl/styles.xml", workbookLimits.otherBytes), {
    open: (name, { numFmtId = "", formatCode = "" }) => {
      if (name === "numFmt" && isDateCode(formatCode)) dateFormats.add(Number(numFmtId));
      if (name === "cellXfs") isCellStyles = true;
      if (name !== "xf" || !isCellStyles) return;
      const format = Number(numFmtId);
      if (isBuiltInDate(format) || dateFormats.has(format)) dates.add(count);
      count += 1;
    },
    close: (name) => {
      if (name === "cellXfs") isCellStyles = false;
    },
  });
  return dates;
};
