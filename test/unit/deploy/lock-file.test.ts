import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { readText } from "./repository.ts";

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
});
/** What the lock file of the repository installs, and those of the projects in it that are installed by themselves. */
const installed = ["", "test/packages/consumer/", "bench/peers/"].flatMap((folder) =>
  Object.entries(lockSchema.parse(JSON.parse(readText(`${folder}package-lock.json`))).packages)
    .filter(([path, { link }]) => path !== "" && link !== true)
    .map(([path, entry]) => [folder + path, entry] as const),
);

test("bug: 27 packages of other platforms are installed without a digest of what they hold", () => {
  assert.ok(installed.length > 250);
  const unchecked = installed.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""));
  assert.deepEqual(
    unchecked.map(([path]) => path),
    [],
    "npm leaves it out for packages it does not install itself: add npm view NAME@VERSION dist.integrity",
  );
});

test("no lock file names an address: npm asks the registry it is set to", () => {
  const addressed = installed.filter(([, { resolved }]) => resolved !== undefined);
  assert.deepEqual(addressed, []);
});
