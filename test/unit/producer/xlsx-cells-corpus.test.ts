import { describe } from "node:test";
import { rowOf } from "../../support/workbook.ts";
import { good, type OddFile, testOddFiles } from "./corpus-harness.ts";
import { cellsOf, names, one, rows } from "./sheet-harness.ts";

const noText = "format the column as text";

/** A workbook whose first row has one other cell. */
const cell = async (
  what: string,
  member: string,
  xml: string,
  becomes: OddFile["becomes"],
  others = {},
): Promise<OddFile> => ({
  what: `${what} in ${member}`,
  content: await one(rows(cellsOf(1, { [member]: xml }), cellsOf(2)), others),
  becomes,
});
const fault = (member: string, text: string) => [[`${member} ${text}`], good(2)];
const digitsLost = `is a number, of which a spreadsheet keeps fifteen digits: ${noText} and paste the value again`;
const aDate = `was turned into a date by a spreadsheet: ${noText} and write the value again`;
const noResult =
  "is a formula that was saved without its result: open and save the file in a spreadsheet, or paste the values";
const errorValue =
  "is what a spreadsheet shows in place of a value: correct the cell there and export the file again";
const styles =
  '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="&quot;day&quot; 0"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>';
const strings =
  "<si><t>Shop 1</t></si><si><r><t>Sh</t></r><r><rPr><b/></rPr><t>op 1</t></r><rPh><t>reading</t></rPh></si>";

describe("a cell of a workbook", async () => {
  testOddFiles("xlsx", [
    { what: "inline texts", content: await one(rows(cellsOf(1), cellsOf(2))), becomes: [good(1), good(2)] },
    await cell("a shared text", "name", '<c t="s"><v>0</v></c>', [good(1), good(2)], { strings }),
    await cell(
      "a shared text with formats and a reading",
      "name",
      '<c t="s"><v>1</v></c>',
      [good(1), good(2)],
      { strings },
    ),
    await cell(
      "an inline text with formats",
      "name",
      '<c t="inlineStr"><is><r><t>Sh</t></r><r><t>op 1</t></r></is></c>',
      [good(1), good(2)],
    ),
    await cell("a formula with its text", "name", '<c t="str"><f>A1&amp;"x"</f><v>Shop 1</v></c>', [
      good(1),
      good(2),
    ]),
    await cell("a formula without a result", "name", "<c><f>A1</f></c>", fault("name", noResult)),
    await cell("a number of ten digits", "wabaId", "<c><v>1234567890</v></c>", [good(1), good(2)]),
    await cell("a number in scientific notation", "wabaId", "<c><v>1.23456789E9</v></c>", [good(1), good(2)]),
    await cell("a number of fifteen digits", "phoneId", "<c><v>106540352242922</v></c>", [
      good(1, { phoneId: "106540352242922" }),
      good(2),
    ]),
    await cell(
      "a number of sixteen digits",
      "phoneId",
      "<c><v>1065403522429220</v></c>",
      fault("phoneId", digitsLost),
    ),
    await cell(
      "a number of seventeen digits",
      "wabaId",
      "<c><v>1.0654035224292201E+16</v></c>",
      fault("wabaId", digitsLost),
    ),
    await cell("a phone number as a number", "phoneNumber", "<c><v>14155550101</v></c>", [good(1), good(2)]),
    await cell("a name as a number", "name", "<c><v>24</v></c>", [good(1, { name: "24" }), good(2)]),
    await cell(
      "a fraction",
      "wabaId",
      "<c><v>1.5</v></c>",
      fault("wabaId", "must be the digits of the WhatsApp Business Account id, nothing else"),
    ),
    await cell("a date", "wabaId", '<c s="1"><v>45000</v></c>', fault("wabaId", aDate), { styles }),
    await cell("a date of its own format", "name", '<c s="2"><v>45000</v></c>', fault("name", aDate), {
      styles,
    }),
    await cell("an ISO date", "name", '<c t="d"><v>2026-01-01</v></c>', fault("name", aDate)),
    await cell("a number with words", "wabaId", '<c s="3"><v>1234567890</v></c>', [good(1), good(2)], {
      styles,
    }),
    await cell("an error", "name", '<c t="e"><v>#REF!</v></c>', fault("name", errorValue)),
    await cell(
      "an error of a formula",
      "phoneId",
      '<c t="e"><f>X</f><v>#NAME?</v></c>',
      fault("phoneId", errorValue),
    ),
    await cell("an apostrophe of a CSV", "phoneId", "'2000001", [good(1), good(2)]),
    await cell("an escaped line end", "name", "Shop_x000D__x000A_1", [
      good(1, { name: "Shop\r\n1" }),
      good(2),
    ]),
    await cell("entities", "name", "A &amp; B &#8211; &lt;C&gt;", [
      good(1, { name: "A & B – <C>" }),
      good(2),
    ]),
    await cell("nothing", "name", "<c/>", fault("name", "is missing")),
    await cell("spaces", "name", "  ", fault("name", "is missing")),
    {
      what: "a truth value",
      content: await one(rowOf([...names, "reinstall"]) + rowOf([...cellsOf(1), '<c t="b"><v>1</v></c>'])),
      becomes: [good(1, { reinstall: true })],
    },
    {
      what: "a column by its reference after empty ones",
      content: await one(
        rows(cellsOf(1)).replace(
          /<c t="inlineStr"><is><t>EAAG-EXAMPLE-1/,
          '<c r="F2" t="inlineStr"><is><t>EAAG-EXAMPLE-1',
        ),
      ),
      becomes: [good(1)],
    },
    {
      what: "a cell to the right of the header",
      content: await one(rows([...cellsOf(1), "total"], cellsOf(2))),
      becomes: [
        [
          "has a cell to the right of the last column that the header names: name that column or empty the cell",
        ],
        good(2),
      ],
    },
    {
      what: "a prefix before every tag",
      content: await one(
        rows(cellsOf(1))
          .replaceAll(/<(\/?)(\w)/g, "<$1x:$2")
          .replaceAll("<x:row>", '<x:row xmlns:x="x">'),
      ),
      becomes: [good(1)],
    },
  ]);
});
