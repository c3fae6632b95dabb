import assert from "node:assert/strict";
import test from "node:test";
import { type Finding, fail, ok, warn } from "../../../src/cli/doctor/check.ts";
import { foldWorkspaces, problemsFirst } from "../../../src/cli/doctor/fold.ts";

const workspace = (n: number): string => `0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d0${n}`;

const held = (n: number): Finding => ({
  id: `holds:${workspace(n)}`,
  ...fail(
    `The workspace is held until 2026-11-29T10:0${n}:00.000Z: Bird refused the access key for it.`,
    `Correct BIRD_ACCESS_KEY, then run perch workspaces resume ${workspace(n)}.`,
  ),
});

test("problems come first, in the order they were found", () => {
  const found = [
    { id: "a", ...ok("Fine.") },
    { id: "b", ...warn("Odd.", "Look.") },
    { id: "c", status: "skipped", summary: "Left out." } as const,
    { id: "d", ...fail("Bad.", "Mend.") },
    { id: "e", ...warn("Odder.", "Look.") },
  ];
  assert.equal(
    problemsFirst(found)
      .map(({ id }) => id)
      .join(""),
    "dbeac",
  );
});

test("what is wrong with several workspaces alike is one line, with the latest time and no id in its fix", () => {
  const found = [4, 1, 3, 5, 2].map(held);
  const [line, ...others] = foldWorkspaces(found);
  assert.deepEqual(others, []);
  assert.deepEqual(line, {
    id: "holds",
    status: "fail",
    summary: `5 workspaces (${workspace(4)}, ${workspace(1)}, ${workspace(3)}, and 2 more): The workspace is held until 2026-11-29T10:05:00.000Z: Bird refused the access key for it.`,
    fix: "Correct BIRD_ACCESS_KEY, then run perch workspaces resume WORKSPACE.",
  });
});

test("a workspace alone, another check, another status and another fault keep their lines", () => {
  const found: readonly Finding[] = [
    held(1),
    { ...held(2), status: "warn" },
    { ...held(3), id: `bird_view:${workspace(3)}` },
    { ...held(4), summary: "Something else." },
    { id: "settings:API_PORT", ...fail("Wrong.", "Correct it.") },
    { id: "settings:API_HOST", ...fail("API_HOST is wrong.", "Correct it.") },
  ];
  assert.deepEqual(foldWorkspaces(found), found);
});
