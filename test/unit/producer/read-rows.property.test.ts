import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { guardCell, restoreCell } from "../../../src/producer/read/csv-cells.ts";
import { ImportFileError } from "../../../src/producer/read/errors.ts";
import { header, line, readAll } from "./read-harness.ts";

const fragments = fc.constantFrom(
  '"',
  ",",
  ";",
  "\t",
  "\n",
  "\r\n",
  "\r",
  "\0",
  "\ufeff",
  "ü",
  "{",
  "}",
  header,
);
const rows = fc.nat(50).map((number) => `${line(number)}\n`);
const text = fc
  .array(fc.oneof({ weight: 3, arbitrary: fragments }, { weight: 2, arbitrary: rows }, fc.string()))
  .map((parts) => Buffer.from(parts.join("")));
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  text,
  text.map((bytes) => Buffer.concat([Buffer.from(`${header}\n`), bytes])),
);
const sizeBytes = fc.integer({ min: 1, max: 200 });

it("reads any bytes to the end or refuses them with an ImportFileError, whatever the chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      content,
      sizeBytes,
      fc.constantFrom("csv" as const, "ndjson" as const),
      async (bytes, size, format) => {
        const outcome = await readAll(bytes, { format, sizeBytes: size }).catch((error: unknown) => {
          assert.ok(error instanceof ImportFileError, String(error));
          return error.message;
        });
        const whole = await readAll(bytes, { format, sizeBytes: 1_000_000 }).catch(
          (error: Error) => error.message,
        );
        // Of two reasons to refuse a file, the first in the chunk that is read is said.
        if (typeof whole === "string" && /^The file is not UTF/.test(whole))
          assert.equal(typeof outcome, "string");
        else assert.deepEqual(outcome, whole);
        if (typeof outcome !== "string") {
          assert.deepEqual(
            outcome.map(({ row }) => row),
            outcome.map((_, index) => index + 1),
          );
        }
      },
    ),
    { numRuns: 1000 },
  );
});

it("takes every cell back as it was before it was made safe for spreadsheets", () => {
  const cells = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom("'", "=", "+", "-", "@", "\t", "\r", "x")).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(cells, (cell) => {
      const safe = guardCell(cell);
      assert.equal(restoreCell(safe), cell);
      assert.doesNotMatch(safe, /^[=+\-@\t\r]/);
    }),
  );
});
