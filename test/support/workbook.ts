import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** A sheet by the XML of its rows. */
export interface TestSheet {
  readonly name: string;
  readonly rows: string;
  readonly state?: "hidden" | "veryHidden";
  /** What follows the rows. */
  readonly after?: string;
}

export const zipOf = async (parts: Readonly<Record<string, string | Buffer>>): Promise<Buffer> => {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(parts)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return buffer(zip.outputStream);
};

/** A workbook as spreadsheets write it, of sheets, shared strings and styles that a test gives as XML. */
export const workbookOf = (
  sheets: readonly TestSheet[],
  others: { readonly strings?: string; readonly styles?: string } = {},
): Promise<Buffer> => {
  const tags = sheets.map(
    ({ name, state }, n) =>
      `<sheet name="${name}" sheetId="${n + 1}"${state === undefined ? "" : ` state="${state}"`} r:id="rId${n + 1}"/>`,
  );
  const related = sheets.map(
    (_, n) =>
      `<Relationship Id="rId${n + 1}" Type="${office}/worksheet" Target="worksheets/sheet${n + 1}.xml"/>`,
  );
  return zipOf({
    "[Content_Types].xml": "<Types/>",
    "xl/workbook.xml": `<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${tags.join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships>${related.join("")}</Relationships>`,
    ...Object.fromEntries(
      sheets.map(({ rows, after = "" }, n) => [
        `xl/worksheets/sheet${n + 1}.xml`,
        `<?xml version="1.0"?><worksheet xmlns="${main}"><sheetData>${rows}</sheetData>${after}</worksheet>`,
      ]),
    ),
    ...(others.strings !== undefined && {
      "xl/sharedStrings.xml": `<sst xmlns="${main}">${others.strings}</sst>`,
    }),
    ...(others.styles !== undefined && {
      "xl/styles.xml": `<styleSheet xmlns="${main}">${others.styles}</styleSheet>`,
    }),
  });
};

export const textCell = (text: string): string => `<c t="inlineStr"><is><t>${text}</t></is></c>`;

/** A row of cells: texts, or XML that begins with `<c`. */
export const rowOf = (cells: readonly string[], number?: number): string =>
  `<row${number === undefined ? "" : ` r="${number}"`}>${cells.map((cell) => (cell.startsWith("<c") ? cell : textCell(cell))).join("")}</row>`;
