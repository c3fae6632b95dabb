import { PassThrough, Readable } from "node:stream";
import { ZipFile } from "yazl";

const rowsMax = 1_048_576;
/** Excel's limit of a cell. */
const cellCharactersMax = 32_767;
const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const packages = "http://schemas.openxmlformats.org/package/2006";
const types = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Style 1 is text, 2 is text of a header. */
const styles = `<styleSheet xmlns="${main}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>`;

const parts = new Map([
  [
    "[Content_Types].xml",
    `<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${types}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${types}.styles+xml"/></Types>`,
  ],
  [
    "_rels/.rels",
    `<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    "xl/workbook.xml",
    `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="Results" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ],
  [
    "xl/_rels/workbook.xml.rels",
    `<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
  ],
  ["xl/styles.xml", styles],
]);

const sheetStart = `<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="100" width="20" style="1" customWidth="1"/></cols><sheetData>`;

/**
 * Writes rows of texts as an Excel workbook of one sheet, row by row: every cell is text, so that a spreadsheet changes
 * none, and the first row is bold and stays in sight.
 */
export async function* workbookOf(
  rows: AsyncIterable<readonly (readonly string[])[]>,
): AsyncGenerator<Uint8Array> {
  const sheet = Readable.from(sheetXml(rows));
  const zip = new ZipFile();
  const output = new PassThrough();
  zip.on("error", (error) => output.destroy(error));
  // Also before its turn in the archive has come.
  sheet.on("error", (error) => output.destroy(error));
  zip.outputStream.pipe(output);
  for (const [name, text] of parts) zip.addBuffer(Buffer.from(head + text), name);
  zip.addReadStream(sheet, "xl/worksheets/sheet1.xml");
  zip.end();
  try {
    for await (const chunk of output) yield Buffer.from(chunk);
  } finally {
    sheet.destroy();
  }
}

async function* sheetXml(rows: AsyncIterable<readonly (readonly string[])[]>): AsyncGenerator<string> {
  yield head + sheetStart;
  let number = 0;
  for await (const group of rows) {
    const texts = group.map((cells) => {
      number += 1;
      return rowXml(cells, number);
    });
    if (number > rowsMax)
      throw new RangeError(
        `A sheet has ${rowsMax.toLocaleString("en")} rows at most: write the results as CSV.`,
      );
    yield texts.join("");
  }
  yield "</sheetData></worksheet>";
}

const rowXml = (cells: readonly string[], number: number): string => {
  const style = number === 1 ? 2 : 1;
  const filled = cells.map((text, column) =>
    text === ""
      ? ""
      : `<c r="${columnName(column)}${number}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${xmlText(text)}</t></is></c>`,
  );
  return `<row r="${number}">${filled.join("")}</row>`;
};

const columnName = (column: number): string =>
  column < 26
    ? String.fromCharCode(65 + column)
    : columnName(Math.floor(column / 26) - 1) + columnName(column % 26);

const marks = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ["\r", "_x000D_"],
]);

/** Texts such as `_x000D_` stand for a character in a workbook, so their own underscore is written so. */
const xmlText = (text: string): string =>
  text
    .slice(0, cellCharactersMax)
    .toWellFormed()
    .replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, "_x005F_")
    .replaceAll(/[&<>\r]/g, (mark) => marks.get(mark) ?? mark)
    .replaceAll(/[\ufffe\uffff]/g, "\ufffd");
