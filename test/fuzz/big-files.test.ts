import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ImportFileError } from "../../src/producer/read/errors.ts";
import { type ImportFormat, sniffFormat } from "../../src/producer/read/format.ts";
import { readRows } from "../../src/producer/read/rows.ts";
import { header, input, line } from "../unit/producer/read-harness.ts";

const tenMegabytes = 10_000_000;
const longer =
  "is longer than 1,048,576 characters: check its line ends and quotes, and write one row a line";

interface Seen {
  readonly rowCount: number;
  readonly good: readonly unknown[];
  /** Each fault with how many rows have it. */
  readonly faults: Readonly<Record<string, number>>;
  readonly grownBytes: number;
}

/** The parts of a file as chunks; a part may be repeated, so that a big file is never held. */
async function* chunksOf(parts: readonly (string | readonly [string, number])[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    const [text, count] = typeof part === "string" ? [part, 1] : part;
    const timesAChunk = Math.max(1, Math.floor(65_536 / text.length));
    for (let left = count; left > 0; left -= timesAChunk) {
      yield Buffer.from(text.repeat(Math.min(left, timesAChunk)));
    }
  }
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Bytes of the heap that are held, garbage left out. */
const heldBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

/** Reads without keeping the rows, and measures by how much the heap grew on the way. */
const look = async (chunks: AsyncIterable<Uint8Array>, format: ImportFormat = "csv"): Promise<Seen> => {
  const startBytes = heldBytes();
  let peakBytes = startBytes;
  let chunkCount = 0;
  let rowCount = 0;
  const good: unknown[] = [];
  const faults: Record<string, number> = {};
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      chunkCount += 1;
      if (chunkCount % 16 === 0) peakBytes = Math.max(peakBytes, heldBytes());
      yield chunk;
    }
  }
  for await (const row of readRows(watched(), { format })) {
    rowCount += 1;
    assert.equal(row.row, rowCount);
    if (!("errors" in row)) good.push(row.input);
    for (const { message } of "errors" in row ? row.errors : []) faults[message] = (faults[message] ?? 0) + 1;
  }
  return { rowCount, good, faults, grownBytes: peakBytes - startBytes };
};

const refusal = async (chunks: AsyncIterable<Uint8Array>): Promise<string> => {
  const error = await look(chunks).catch((cause: unknown) => cause);
  assert.ok(error instanceof ImportFileError, String(error));
  return error.message;
};

describe("a big file", () => {
  it("of one line is refused by its header", async () => {
    assert.equal(await refusal(chunksOf([["x", tenMegabytes]])), `The header ${longer}.`);
    assert.equal(await refusal(chunksOf([header, [",c", tenMegabytes / 2]])), `The header ${longer}.`);
  });

  it("of blank lines is refused as empty, and its format is looked for no further than needed", async () => {
    const blanks = () => chunksOf([["\r\n", tenMegabytes / 2]]);
    assert.equal(await refusal(blanks()), "The file is empty: begin it with a line that names the columns.");
    let readBytes = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of blanks()) {
        readBytes += chunk.length;
        yield chunk;
      }
    }
    const { format } = await sniffFormat(counted());
    assert.equal(format, "csv");
    assert.ok(readBytes < 200_000, String(readBytes));
  });

  for (const [what, format, before, long, after] of [
    ["a line without end", "csv", `${header}\n${line(1)}\n`, "x", `\n${line(3)}\n`],
    ["a cell in quotes", "csv", `${header}\n${line(1)}\n5f0c1d2e,"`, "a, b ", `",1,2,3,4\n${line(3)}\n`],
    ["a line of quotes", "csv", `${header}\n${line(1)}\n`, '"', `\n${line(3)}\n`],
    ["a line of delimiters and text", "csv", `${header}\n${line(1)}\n`, "a,", `\n${line(3)}\n`],
    ["a line of NUL bytes", "csv", `${header}\n${line(1)}\n`, "\0", `\n${line(3)}\n`],
    [
      "an object",
      "ndjson",
      `${JSON.stringify(input(1))}\n{"name":"`,
      "x",
      `"}\n${JSON.stringify(input(3))}\n`,
    ],
  ] as const) {
    it(`with ${what} of 100 MB names its row, reads on, and takes no memory for it`, async () => {
      const { rowCount, good, faults, grownBytes } = await look(
        chunksOf([before, [long, (10 * tenMegabytes) / long.length], after]),
        format,
      );
      assert.deepEqual([rowCount, good, faults], [3, [input(1), input(3)], { [longer]: 1 }]);
      assert.ok(grownBytes < tenMegabytes, `${grownBytes} bytes`);
    });
  }

  it("with a quote that is never closed in its middle loses that row alone", async () => {
    const before: readonly [string, number] = [`${line(1)}\n`, 20_000];
    const broken = `${line(2, '"Shop')}\n`;
    const { rowCount, good, faults } = await look(chunksOf([`${header}\n`, before, broken, before]));
    assert.deepEqual([rowCount, good.length], [40_001, 40_000]);
    assert.deepEqual(faults, {
      "has a quote that is never closed: close it, and double every quote inside the cell": 1,
    });
  });

  it("with a long gap in a cell is read without looking at the gap again and again", {
    timeout: 10_000,
  }, async () => {
    const gaps = Array.from({ length: 5 }, () => line(2, `a${" ".repeat(900_000)}b`));
    const { good, faults } = await look(chunksOf([`${[header, ...gaps, line(3)].join("\n")}\n`]));
    assert.deepEqual(good, [input(3)]);
    assert.deepEqual(faults, { "is longer than 8,192 characters: shorten it": 5 });
  });

  it("with a long text of escapes in an object is read in time", { timeout: 10_000 }, async () => {
    const text = `${'{"name":"'}${"\\u0061".repeat(170_000)}"}\n${JSON.stringify(input(2))}\n`;
    const { rowCount, good } = await look(chunksOf([text]), "ndjson");
    assert.deepEqual([rowCount, good], [2, [input(2)]]);
  });

  it("with a cell of a thousand lines names all of them and reads on", async () => {
    const { rowCount, good } = await look(
      chunksOf([`${header}\n${line(1)}\n5f0c1d2e,"`, ["one more line\n", 1000], `",1,2,3,4\n${line(3)}\n`]),
    );
    assert.deepEqual([rowCount, good], [1003, [input(1), input(3)]]);
  });

  it("that is broken in every row is read to its end in time", { timeout: 30_000 }, async () => {
    for (const broken of ['"\n', 'a,"b\n', '"a","b\nc\n', `${line(1, '"')}\n`]) {
      const count = Math.floor(100_000 / broken.length);
      const { rowCount, good } = await look(chunksOf([`${header}\n`, [broken, count], `${line(3)}\n`]));
      assert.ok(rowCount >= count / 2);
      assert.deepEqual(good.at(-1), input(3));
    }
  });

  it("of many good rows is read in constant memory", async () => {
    let rowCount = 0;
    const startBytes = heldBytes();
    let peakBytes = 0;
    for await (const { row } of readRows(chunksOf([`${header}\n`, [`${line(1)}\n`, 100_000]]), {
      format: "csv",
    })) {
      rowCount = row;
      if (row % 10_000 === 0) peakBytes = Math.max(peakBytes, heldBytes());
    }
    assert.equal(rowCount, 100_000);
    assert.ok(peakBytes - startBytes < tenMegabytes, `${peakBytes - startBytes} bytes`);
  });
});

describe("a file of broken quotes", () => {
  for (const [what, make] of [
    ["a quote that is never closed in each line", () => '"xxxxxxxx'],
    ["lines of sixty characters", () => `"${"x".repeat(58)}`],
    ["a quote a line", () => '"'],
    ["a quote in the middle of each cell", () => 'x"y"z'],
    ["an unclosed quote a row", (n: number) => line(n, `"Shop ${n}`)],
    ["an unclosed quote every third row", (n: number) => line(n, n % 3 ? `"Shop, ${n}"` : `"Shop ${n}`)],
    ["an unclosed quote and many short lines", (n: number) => (n % 199 === 0 ? 'a,"b' : "c")],
    ["an unclosed quote of 900,000 characters", () => `"${"x".repeat(900_000)}`],
    ["JSON in place of cells", (n: number) => JSON.stringify({ a: n, b: "x, y" })],
    ["formulas that are broken", (n: number) => `="${n}",="1`],
    ["cells over two lines and broken ones", (n: number) => (n % 2 ? line(n, '"a\nb"') : line(n, '5" x'))],
    ["a cell over 190 lines that is broken at its end", (n: number) => line(n, `"a${"\nx".repeat(190)}"z`)],
  ] as const) {
    for (const end of ["\n", "\r"]) {
      it(`with ${what} is read or refused as fast as a good one: ${JSON.stringify(end)}`, {
        timeout: 20_000,
      }, async () => {
        async function* fiveMegabytes(): AsyncGenerator<Uint8Array> {
          yield Buffer.from(header + end);
          for (let [n, bytes] = [0, 0]; bytes < tenMegabytes / 2; ) {
            const lines: string[] = [];
            for (let size = 0; size < 65_536; n += 1) {
              const next = make(n).replaceAll("\n", end) + end;
              lines.push(next);
              size += next.length;
            }
            const chunk = Buffer.from(lines.join(""));
            bytes += chunk.length;
            yield chunk;
          }
        }
        const startMs = performance.now();
        let rows = 0;
        const error = await (async () => {
          for await (const { row } of readRows(fiveMegabytes(), { format: "csv" })) rows = row;
        })().catch((cause: unknown) => cause);
        if (error !== undefined) {
          assert.ok(error instanceof ImportFileError, String(error));
          assert.match(error.message, /not read beyond row [\d,]+, because 100,000 rows/);
        }
        assert.ok(rows > 0);
        // Fifty times what it takes on a quiet machine; it was a minute and more.
        assert.ok(performance.now() - startMs < 15_000);
      });
    }
  }

  it("is refused after 100,000 rows one after another, and not when good ones are among them", async () => {
    const broken: readonly [string, number] = ['"\n', 100_000];
    const taken = await look(chunksOf([`${header}\n`, broken, `${line(3)}\n`, broken, `${line(4)}\n`]));
    assert.deepEqual([taken.rowCount, taken.good.length], [200_002, 2]);
    assert.equal(
      await refusal(chunksOf([`${header}\n${line(1)}\n`, ['"\n', 100_001]])),
      "The file is not read beyond row 100,001, because 100,000 rows one after another cannot be read: correct what is named of them, and import it again.",
    );
    const text = chunksOf([['"xxxxxxxx\n', 200_000]]);
    await assert.rejects(look(text, "ndjson"), /not read beyond row 100,000, because/);
  });
});

describe("a header of many columns", () => {
  it("is refused by their number, in little memory", async () => {
    const columns = Array.from({ length: 400_000 }, () => "c").join(",");
    const startBytes = process.memoryUsage().rss;
    assert.equal(
      await refusal(chunksOf([`${header},${columns}\n${line(1)}\n`])),
      "The header has 400,006 columns, and 200 are read at most: remove those that are not needed.",
    );
    assert.ok(process.memoryUsage().rss - startBytes < 200_000_000);
    const known = Array.from({ length: 195 }, (_, n) => `c${n}`).join(",");
    assert.match(await refusal(chunksOf([`${header},${known}\n`])), /^The header has 201 columns/);
  });
});
