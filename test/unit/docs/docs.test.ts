import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { z } from "zod";
import { errorsPage } from "../../../docs/write-errors.ts";
import { readConfig, settingsSchema } from "../../../src/config.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** The settings `.env.example` shows: each on a line of its own, commented out. */
const shown = new Map(
  read(".env.example")
    .split("\n")
    .map((line) => /^# ([A-Z][A-Z0-9_]+)=(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name = "", value = ""]) => [name, value] as const),
);

test(".env.example shows every setting and no other", () => {
  assert.deepEqual([...shown.keys()].sort(), Object.keys(settingsSchema.shape).sort());
});

test(".env.example shows the defaults", () => {
  assert.deepEqual(readConfig(Object.fromEntries(shown)), readConfig({}));
  const withDefault = Object.entries(readConfig({})).filter(([, value]) => value !== undefined);
  for (const [name] of withDefault) assert.notEqual(shown.get(name), "", `${name} has a default to show`);
});

test("docs/errors.md is what the catalogue says (npm run docs writes it)", () => {
  assert.equal(read("docs/errors.md"), errorsPage());
});

test("every setting the README and the guide to deployment name exists", () => {
  const names = new Set(Object.keys(settingsSchema.shape));
  const foreign = new Set(["README", "CONTRIBUTING", "CHANGELOG", "LICENSE", "TOKEN", "CMD", "FILE", "WABA"]);
  const named = [read("README.md"), read("docs/deploy.md")]
    .flatMap((text) => text.match(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g) ?? [])
    .filter((name) => !foreign.has(name));
  assert.ok(named.length > 5);
  for (const name of named) assert.ok(names.has(name), name);
});

test("the README is at most 150 lines", () => {
  assert.ok(read("README.md").split("\n").length <= 151);
});

test("the lock file carries no download addresses", () => {
  assert.ok(!read("package-lock.json").includes('"resolved": "http'));
});

test("the lock file lists the optional packages of every platform, without which npm ci refuses it", () => {
  const { packages } = z
    .object({
      packages: z.record(
        z.string(),
        z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() }),
      ),
    })
    .parse(JSON.parse(read("package-lock.json")));
  const optional = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  assert.ok(optional.length > 10);
  assert.deepEqual(
    optional.filter((name) => packages[`node_modules/${name}`] === undefined),
    [],
  );
});
