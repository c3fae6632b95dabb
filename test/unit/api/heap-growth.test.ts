import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { it } from "node:test";
import { promisify } from "node:util";

const source = new URL("../../../src/api/batches/heap-growth.ts", import.meta.url).href;

/** The size of V8's space for new objects, MiB, once much garbage was made in each of three states. */
const program = `
import { getHeapSpaceStatistics } from "node:v8";
import { limitHeapGrowth } from ${JSON.stringify(source)};
const sizeMib = () => {
  const kept = [];
  for (let n = 0; n < 3_000_000; n += 1) kept[n % 40_000] = { n, text: "x" + n };
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space").space_size / 1_048_576;
};
const [first, second] = [limitHeapGrowth(undefined), limitHeapGrowth(9_000_000)];
limitHeapGrowth(1000)();
first();
first();
const limited = sizeMib();
second();
console.log(JSON.stringify({ limited, after: sizeMib() }));
`;

it("keeps the space for new objects small until the last long upload has ended", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  const { limited, after } = JSON.parse(stdout);
  // Mostly 2 and 64; on a busy machine pages that are being collected count for a moment.
  assert.ok(limited <= 8, `${limited} MiB while limited`);
  assert.ok(after > 16, `${after} MiB after`);
});
