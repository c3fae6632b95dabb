#!/usr/bin/env -S node --disable-sigusr1 --
// No signal opens Node's inspector; and what follows "--" is ours alone: without it Node reads NODE_OPTIONS from the file
// of our own --env-file before anybody has judged that file.
import { existsSync } from "node:fs";

const oldestMajor = 24;
if (Number(process.versions.node.split(".")[0]) < oldestMajor) {
  process.stderr.write(
    `Perch needs Node ${oldestMajor} or newer; this is ${process.version}. Inside the repository npx perch and npm scripts bring their own.\n`,
  );
  process.exit(1);
}

// A checkout runs its source as it is; the published package holds the compiled files only.
const source = new URL("../src/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
