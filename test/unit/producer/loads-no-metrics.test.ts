import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";

const producer = new URL("../../../src/producer/index.ts", import.meta.url).href;

test("the library does not load what metrics are made with", async () => {
  const script = `
    import { createRequire } from "node:module";
    await import(${JSON.stringify(producer)});
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    process.stdout.write(JSON.stringify([loaded.length > 0, loaded.filter((file) => file.includes("prom-client"))]));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  assert.deepEqual(JSON.parse(stdout), [true, []]);
});
