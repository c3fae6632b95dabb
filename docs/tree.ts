import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Prints the figures of the source tree: how much there is to open, and which way imports point. */
const root = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

const files = globSync("src/**/*.ts", { cwd: root }).sort();
const lines = files.map((file) => read(file).split("\n").length - 1);
const sorted = [...lines].sort((a, b) => a - b);
const folders = Map.groupBy(files, (file) => dirname(file));
const [largest = ["", []]] = [...folders].sort(([, a], [, b]) => b.length - a.length);

const importPattern = /(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts)"/g;
const arrows = new Set(
  files.flatMap((file) =>
    [...read(file).matchAll(importPattern)].flatMap(([, path = ""]) => {
      const from = dirname(file);
      const to = dirname(relative(root, join(root, from, path)));
      return from === to ? [] : [`${from} -> ${to}`];
    }),
  ),
);

/** The journeys of `architecture.md`: a heading `### …` each under "Five journeys", and the files in order, in backticks. */
const [, chapter = ""] = read("docs/architecture.md").split("\n## Five journeys\n");
const [section = ""] = chapter.split("\n## ");
const journeys = section
  .split("\n### ")
  .slice(1)
  .map((part) => ({
    name: part.slice(0, part.indexOf("\n")),
    files: new Set([...part.matchAll(/`(src\/[^`]+\.ts)`/g)].map(([, file]) => file)),
  }));
if (journeys.length === 0) throw new Error("docs/architecture.md has no journeys");

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const rows: readonly (readonly [name: string, value: string | number])[] = [
  ["files", files.length],
  ["lines", sum(lines)],
  ["median lines a file", sorted[Math.floor(sorted.length / 2)] ?? 0],
  ["files of 25 lines or fewer", lines.filter((count) => count <= 25).length],
  ["files over 250 lines", lines.filter((count) => count > 250).length],
  ["largest folder", `${largest[0]} (${largest[1].length})`],
  ["folders", folders.size],
  ["arrows between folders", arrows.size],
  ...journeys.map(({ name, files: opened }) => [name, `${opened.size} files`] as const),
];
process.stdout.write(rows.map(([name, value]) => `${name.padEnd(50)} ${value}\n`).join(""));
