import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { builtConsole } from "./console-fixture.ts";

/** Scripts of the first screen, compressed, bytes. */
const scriptBytesMax = 250_000;

/** A script and all it imports before it runs. */
const withImports = async (file: string, seen: Set<string>): Promise<number> => {
  if (seen.has(file)) return 0;
  seen.add(file);
  const text = await readFile(join(builtConsole, "assets", file), "utf8");
  const imported = [...text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)].map(([, name = ""]) => name);
  const sizes = await Promise.all(imported.map((name) => withImports(name, seen)));
  return gzipSync(text, { level: 9 }).length + sizes.reduce((sum, size) => sum + size, 0);
};

test("the first screen takes at most 250 kB of compressed script", async () => {
  const page = await readFile(join(builtConsole, "index.html"), "utf8");
  const scripts = [...page.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)].map(([, name = ""]) => name);
  assert.ok(scripts.length > 0);
  const seen = new Set<string>();
  let bytes = 0;
  for (const script of scripts) bytes += await withImports(script, seen);
  assert.ok(bytes > 50_000, `${bytes} bytes are no console`);
  assert.ok(bytes <= scriptBytesMax, `${bytes} bytes`);
});
