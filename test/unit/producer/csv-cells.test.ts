import assert from "node:assert/strict";
import { it } from "node:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { readCsvCells } from "../../../src/producer/read/csv-records.ts";

/** What another parser of the same rules makes of one record; undefined when a quote in it is broken. */
const parsed = (text: string, delimiter: string): readonly (readonly string[])[] | undefined => {
  try {
    return parse(text, { delimiter, record_delimiter: "\n", trim: true, relax_column_count: true });
  } catch {
    return undefined;
  }
};

it("splits a record as another parser of RFC 4180 does, and finds the same ones broken", () => {
  const pieces = fc.constantFrom('"', '""', ",", ";", " ", "\t", "a", "ü", "=", "\0", "x y");
  const texts = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(""));
  // Quotes once more around nothing but space are an empty cell there, and broken here.
  const isOdd = (text: string): boolean => /"\s+"/.test(text);
  let [soundCount, brokenCount] = [0, 0];
  fc.assert(
    fc.property(texts, fc.constantFrom(",", ";", "\t"), (text, delimiter) => {
      fc.pre(!isOdd(text));
      const [expected, ...others] = parsed(text, delimiter) ?? ["broken"];
      assert.equal(others.length, 0);
      const read = readCsvCells(text, delimiter);
      assert.deepEqual("cells" in read ? read.cells : "broken", expected ?? []);
      if ("cells" in read) soundCount += 1;
      else brokenCount += 1;
    }),
    { numRuns: 20_000 },
  );
  assert.ok(soundCount > 2000 && brokenCount > 2000, `${soundCount} sound, ${brokenCount} broken`);
});

it("does not count white space of any kind around quotes", () => {
  assert.deepEqual(readCsvCells('\u00a0"a"\u00a0 ,\ufeff"b"\t', ","), { cells: ["a", "b"] });
});

it("keeps line ends inside quotes and ends the record at one outside", () => {
  assert.deepEqual(readCsvCells('a,"b\n\n,c" , d\n"x', ","), { cells: ["a", "b\n\n,c", "d"] });
});

it("names the column of a broken quote, and whether it is open", () => {
  assert.deepEqual(readCsvCells('a,b,"c,d', ","), { column: 2, isOpen: true });
  assert.deepEqual(readCsvCells('a,b"c",d', ","), { column: 1, isOpen: false });
  assert.deepEqual(readCsvCells('"a"b,c', ","), { column: 0, isOpen: false });
  assert.deepEqual(readCsvCells('"" "",c', ","), { column: 0, isOpen: false });
});

for (const [what, text] of [
  ["cells", `${",".repeat(500_000)}"`],
  ["quoted cells", `${'"a",'.repeat(250_000)}"`],
  ["doubled quotes", `"${'""'.repeat(500_000)}`],
  ["spaces", `${" ".repeat(1_000_000)}"`],
  ["spaces after quotes", `"a"${" ".repeat(1_000_000)}b`],
  ["line ends", `"${"\n".repeat(1_000_000)}`],
] as const) {
  it(`needs no more than its time for a million characters of ${what}`, { timeout: 5000 }, () => {
    assert.equal("cells" in readCsvCells(text, ","), false);
  });
}
