import assert from "node:assert/strict";
import test from "node:test";
import { type Finding, fail, ok, warn } from "../../../src/doctor/check.ts";
import { foldEqual, problemsFirst } from "../../../src/doctor/fold.ts";

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
  const [line, ...others] = foldEqual(found);
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
  assert.deepEqual(foldEqual(found), found);
});

test("bug: settings that are wrong alike were folded as workspaces", () => {
  const wrong = (name: string): Finding => ({
    id: `settings:${name}`,
    ...fail(`${name} must be a port.`, `Correct ${name} in the environment.`),
  });
  assert.deepEqual(foldEqual([wrong("API_PORT"), wrong("WORKER_PORT")]), [
    {
      id: "settings",
      ...fail(
        "2 settings (API_PORT, WORKER_PORT): SETTING must be a port.",
        "Correct SETTING in the environment.",
      ),
    },
  ]);
});

test("servers of a cluster that lack the same are one line, whatever their numbers", () => {
  const full = (port: number, share: number): Finding => ({
    id: `redis_memory:10.0.0.1:${port}`,
    ...warn(
      `Redis uses ${share}.5 of 100.0 MiB (${share} %): when it is full it takes nothing.`,
      "Raise it.",
    ),
  });
  const slow: Finding = { id: "redis_latency:10.0.0.1:7001", ...warn("Slow.", "Move.") };
  assert.deepEqual(foldEqual([full(7000, 9), full(7001, 91), slow]), [
    {
      id: "redis_memory",
      ...warn(
        "2 servers (10.0.0.1:7000, 10.0.0.1:7001): Redis uses 91.5 of 100.0 MiB (91 %): when it is full it takes nothing.",
        "Raise it.",
      ),
    },
    slow,
  ]);
});

test("checks that are skipped for one reason are one line that names them all", () => {
  const skipped = (id: string, summary = "BIRD_ACCESS_KEY is not set.") =>
    ({ id, status: "skipped", summary }) as const;
  const other = skipped("notify", "NOTIFY_SECRET is not set here.");
  assert.deepEqual(foldEqual([skipped("bird"), skipped("bird_key"), other, skipped("bird_view")]), [
    skipped("bird", "BIRD_ACCESS_KEY is not set. The same: bird_key, bird_view."),
    other,
  ]);
});
