import assert from "node:assert/strict";
import { chmod, chown, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { withPerchFolder } from "../support/perch.ts";

const freePorts = { API_PORT: "0", WEBHOOK_PORT: "0", SANDBOX_PORT: "0", CONNECT_PORT: "0" };
const onlyRoot = { skip: process.geteuid?.() !== 0 && "only root can give files to other users" };

test("bug: a .data that others can write is trusted with installs", () =>
  withPerchFolder(async ({ dir, run }) => {
    await chmod(join(dir, ".data"), 0o777);
    for (const args of [["list"], ["doctor"]]) {
      const { code, stdout, stderr } = await run(args).ended;
      assert.equal(code, 1);
      assert.match(`${stdout}${stderr}`, /\.data can be written by others \(chmod go-w\)/);
      assert.match(`${stdout}${stderr}`, /REDIS_URL/);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  }));

test("bug: a .data of another user is trusted with installs", onlyRoot, () =>
  withPerchFolder(async ({ dir, run }) => {
    await chown(join(dir, ".data"), 65_534, 65_534);
    const { code, stderr } = await run(["list"]).ended;
    assert.equal(code, 1);
    assert.match(stderr, /\.data belongs to another user/);
  }),
);

test("bug: a sealing key that came with foreign files seals tokens", () =>
  withPerchFolder(async ({ dir, run }) => {
    const file = join(dir, ".data/sealing-keys");
    await writeFile(file, `${generateSealingKey()}\n`);
    // As git and most archives make it.
    await chmod(file, 0o644);
    const { code, stderr } = await run(["start"], { env: freePorts }).ended;
    assert.equal(code, 1);
    assert.match(stderr, /sealing-keys can be read by others/);
    const { stdout } = await run(["doctor"]).ended;
    assert.match(stdout, /^fail +sealing_keys +\.data\/sealing-keys can be read by others/m);
  }));

test("bug: a sealing key under .data that can be guessed seals tokens", () =>
  withPerchFolder(async ({ dir, run }) => {
    const file = join(dir, ".data/sealing-keys");
    await writeFile(file, `k:${Buffer.alloc(32).toString("base64url")}\n`, { mode: 0o600 });
    const { code, stderr } = await run(["start"], { env: freePorts }).ended;
    assert.equal(code, 1);
    assert.match(stderr, /sealing-keys must not hold a key that can be guessed/);
    const { stdout } = await run(["doctor"]).ended;
    assert.match(stdout, /^fail +sealing_keys +\.data\/sealing-keys must not hold a key that can be/m);
  }));

test("what Perch makes under .data is this user's alone, and used again", () =>
  withPerchFolder(async ({ dir, run }) => {
    for (const nth of [1, 2]) {
      const stack = run(["start"], { env: freePorts });
      const printed = await stack.prints(/Ctrl-C/);
      const [, api = ""] = /api +(\S+)/.exec(printed) ?? [];
      assert.equal((await fetch(`${api}/healthz`)).status, 200);
      stack.process.kill("SIGTERM");
      assert.equal((await stack.ended).code, 0, `start ${nth}`);
    }
    assert.equal((await stat(join(dir, ".data/sealing-keys"))).mode & 0o777, 0o600);
  }));
