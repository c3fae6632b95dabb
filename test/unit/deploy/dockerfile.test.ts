import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import test from "node:test";
import { z } from "zod";
import { copiedFiles, imageInstructions } from "./dockerfile.ts";
import { readText, repository } from "./repository.ts";

const textOf = (instruction: string): string | undefined =>
  imageInstructions().find(({ name }) => name === instruction)?.text;

test("the image runs as a user by number that is not root", () => {
  assert.match(textOf("USER") ?? "", /^[1-9]\d*:[1-9]\d*$/);
});

test("the image runs the perch command on a pinned Node", () => {
  assert.equal(textOf("ENTRYPOINT"), '["node", "--disable-sigusr1", "--", "dist/main.js"]');
  const stages = readText("Dockerfile").match(/^FROM \S+/gm) ?? [];
  assert.equal(stages.length, 3);
  for (const stage of stages) assert.match(stage, /^FROM node:26-slim$/);
});

test("what is copied into the image exists and is let through by .dockerignore, and nothing else is", () => {
  const [first, ...others] = readText(".dockerignore").trim().split("\n");
  assert.equal(first, "*");
  const copied = [...readText("Dockerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, list = ""]) => list.split(" "),
  );
  for (const file of copied) assert.ok(existsSync(join(repository, file)), file);
  assert.deepEqual([...new Set(copied)].sort(), others.map((line) => line.slice(1)).sort());
  assert.ok(copiedFiles().includes("bin"));
});

test("what the image runs imports no development dependency", () => {
  const schema = z.object({ dependencies: z.record(z.string(), z.string()) });
  const { dependencies } = schema.parse(JSON.parse(readText("package.json")));
  const imported = globSync("src/**/*.ts", { cwd: repository }).flatMap((file) =>
    [...readText(file).matchAll(/^(?:import(?! type)|export) [^;]*?from "([^".][^"]*)"/gm)].map(
      ([, name = ""]) => name,
    ),
  );
  const packages = imported
    .filter((name) => !isBuiltin(name))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
  assert.ok(new Set(packages).size > 15);
  for (const name of new Set(packages)) assert.ok(name in dependencies, name);
});
