#!/usr/bin/env -S node --disable-sigusr1 --
// No signal opens Node's inspector; and what follows "--" is ours alone: without it Node reads NODE_OPTIONS from the file
// of our own --env-file before anybody has judged that file.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

const oldestMajor = 24;
if (Number(process.versions.node.split(".")[0]) < oldestMajor) {
  process.stderr.write(
    `Perch needs Node ${oldestMajor} or newer; this is ${process.version}. Inside the repository npm scripts bring their own: npm run -s perch -- …\n`,
  );
  process.exit(1);
}

// A checkout runs its source as it is; the published package holds the compiled files only. What a checkout compiled is
// kept beside the packages, whose owner may change the code anyway: the next start takes half the processor time.
const source = new URL("../src/main.ts", import.meta.url);
const isCheckout = existsSync(source);
if (isCheckout)
  enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/perch/compiled", import.meta.url)));
await import(isCheckout ? source.href : new URL("../dist/main.js", import.meta.url).href);
