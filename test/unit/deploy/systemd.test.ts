import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { graceMs } from "../../../src/cli/terminal/until-stopped.ts";
import { isSettingName } from "../../../src/config/config.ts";
import { onPath } from "./on-path.ts";
import { perchCommands } from "./perch-commands.ts";
import { readText, repository } from "./repository.ts";
import { roleNames, secretSettings, settingsOfRole } from "./settings-of-roles.ts";

const folder = "deploy/systemd";
const unitFiles = {
  api: "perch-api.service",
  worker: "perch-worker@.service",
  webhook: "perch-webhook.service",
};

/** The values a unit gives a key, in order. */
const valuesOf = (role: (typeof roleNames)[number], key: string): readonly string[] =>
  readText(`${folder}/${unitFiles[role]}`)
    .split("\n")
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));

test("units run commands of perch, one each", () => {
  for (const role of roleNames) {
    assert.ok(perchCommands().includes(role));
    assert.deepEqual(valuesOf(role, "ExecStart"), [`/opt/perch/bin/perch.js ${role}`]);
    assert.deepEqual(valuesOf(role, "EnvironmentFile"), ["/etc/perch/perch.env"]);
  }
});

test("every variable a unit sets or takes away is a setting", () => {
  assert.deepEqual(valuesOf("worker", "Environment"), ["WORKER_PORT=%i"]);
  const names = roleNames.flatMap((role) => [
    ...valuesOf(role, "Environment").map((text) => text.split("=")[0] ?? ""),
    ...valuesOf(role, "UnsetEnvironment").flatMap((text) => text.split(" ")),
  ]);
  assert.ok(names.length > 5);
  for (const name of names) assert.ok(isSettingName(name), name);
});

test("the webhook service is given no secret it does not read", () => {
  const read = settingsOfRole("webhook");
  const unread = secretSettings.filter((name) => !read.has(name)).flatMap((name) => [name, `${name}_FILE`]);
  assert.deepEqual(valuesOf("webhook", "UnsetEnvironment").join(" ").split(" ").sort(), [...unread].sort());
});

test("systemd waits longer than a role takes at most to stop", () => {
  for (const role of roleNames)
    assert.ok(Number.parseInt(valuesOf(role, "TimeoutStopSec")[0] ?? "", 10) * 1000 > graceMs, role);
});

test("all units are hardened alike", () => {
  const hardening = (role: (typeof roleNames)[number]): string | undefined =>
    readText(`${folder}/${unitFiles[role]}`).split("# A dynamic user")[1];
  for (const role of roleNames) {
    assert.ok(hardening(role)?.includes("ProtectSystem=strict"));
    assert.equal(hardening(role), hardening("api"));
  }
});

test("bug: the roles share a user, who can read the keys of each, and a crash writes them to a core", () => {
  const users = roleNames.flatMap((role) => valuesOf(role, "User"));
  assert.deepEqual(users, ["perch-api", "perch-worker", "perch-webhook"]);
  for (const role of roleNames) assert.deepEqual(valuesOf(role, "LimitCORE"), ["0"]);
});

const systemdAnalyze = onPath("systemd-analyze");

test("systemd finds nothing wrong with the units, and little that an intruder could do", {
  skip: systemdAnalyze === undefined && "systemd-analyze is not on PATH",
}, async () => {
  const copies = await mkdtemp(join(tmpdir(), "perch-systemd-"));
  const run = (...args: readonly string[]) =>
    promisify(execFile)(systemdAnalyze ?? "", [...args], { cwd: copies });
  try {
    const files = await readdir(join(repository, folder));
    // It wants the program to be there: this one is.
    for (const file of files)
      await writeFile(
        join(copies, file),
        readText(`${folder}/${file}`).replace("/opt/perch/bin/perch.js", process.execPath),
      );
    const { stderr } = await run(
      "verify",
      "--man=no",
      ...files.map((file) => `./${file.replace("@.", "@3010.")}`),
    );
    assert.equal(stderr, "");
    // The scale is 0 to 100; systemd calls up to 20 well protected.
    for (const file of files.filter((each) => each.endsWith(".service")))
      await run("security", "--offline=true", "--threshold=15", `./${file}`);
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
});
