import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { z } from "zod";
import { errorsPage } from "../../../docs/write-errors.ts";
import { exampleSettings, settingsPage } from "../../../docs/write-settings.ts";
import { readConfig, settingsSchema } from "../../../src/config/config.ts";
import { accessPolicy, connectorPolicies, subscriptionPolicies } from "../../../src/doctor/checks/bird.ts";

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

test("docs/settings.md is what .env.example says (npm run docs writes it)", () => {
  assert.equal(read("docs/settings.md"), settingsPage());
});

const processes = ["api", "worker", "webhook", "connect", "sandbox"];

test("every setting says who reads it and what it means, each for itself", () => {
  const settings = exampleSettings();
  assert.equal(settings.length, shown.size);
  for (const { name, readers, meaning } of settings) {
    assert.ok(readers.length > 0, `${name} names no reader`);
    if (readers.join() !== "all")
      for (const reader of readers) assert.ok(processes.includes(reader), `${name}: ${reader}`);
    assert.match(meaning, /^\S.{7,}\.$/, name);
  }
});

test("the access policy to paste is the one that perch doctor names", () => {
  const [, json = ""] = /```json\n([\s\S]*?)```/.exec(read("docs/bird-setup.md")) ?? [];
  const pasted: unknown = JSON.parse(json);
  assert.deepEqual(pasted, accessPolicy("{organizationId}"));
  const create = "create and view /workspaces/*/connectors, view /workspaces/*/connectors/*,";
  assert.equal(connectorPolicies, `${create} /workspaces/*/channels and /workspaces/*/channels/*`);
  assert.equal(
    subscriptionPolicies("ORG"),
    "view and create /organizations/ORG/workspaces/*/webhook-subscriptions",
  );
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
