import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { consoleClient } from "../../../docs/write-console-client.ts";

const file = join(import.meta.dirname, "../../../console/src/api/document.ts");

test("the types of the console's client are current: npm run docs changes nothing in them", async () => {
  assert.equal(await readFile(file, "utf8"), await consoleClient());
});
