import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { readText, repository } from "../deploy/repository.ts";

const page = readText("docs/architecture.md");
const [, rooms = "", journeys = "", questions = ""] = page.split(
  /^## (?:Rooms|Five journeys|Where is …\?)$/m,
);
const paths = (text: string): readonly string[] =>
  [...text.matchAll(/`(src(?:\/[\w.-]+)+)`/g)].map(([, path = ""]) => path);

test("every path of src on the architecture page exists", () => {
  const named = new Set(page.match(/\bsrc(?:\/[\w-]+)+(?:\.ts)?/g));
  assert.ok(named.size > 80, `${named.size}`);
  for (const path of named) assert.ok(existsSync(join(repository, path)), path);
});

test("the architecture page describes every room", () => {
  const folders = new Set(globSync("src/*/**/*.ts", { cwd: repository }).map((file) => dirname(file)));
  const described = new Set(paths(rooms));
  assert.deepEqual(
    [...folders].filter((folder) => !described.has(folder)),
    [],
  );
});

test("the architecture page has five journeys and twenty questions, each with its files", () => {
  const ways = journeys.split(/^### .*$/m).slice(1);
  assert.equal(ways.length, 5);
  for (const way of ways) assert.ok(paths(way).filter((path) => path.endsWith(".ts")).length >= 5, way);
  const rows = questions.match(/^\| \d+\. .*$/gm) ?? [];
  assert.equal(rows.length, 20);
  for (const row of rows) assert.ok(paths(row).length > 0, row);
});
