import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, lchown, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { type PerchFolder, withPerchFolder } from "../support/perch.ts";

const isRoot = process.geteuid?.() === 0;
const onlyRoot = { skip: !isRoot && "only root can give files to other users" };
const otherUser = 65_534;

/** A setting that is wrong, so that a command which reads it says so; and a Redis that does not run. */
const wrong = "WORKER_CONCURRENCY=none\n";
const env = { REDIS_URL: "redis://127.0.0.1:9" };

const listed = async (
  { run }: PerchFolder,
  { args = [], uid }: { readonly args?: readonly string[]; readonly uid?: number } = {},
) => {
  const { code, stdout, stderr } = await run(["list", ...args], { env, ...(uid !== undefined && { uid }) })
    .ended;
  assert.equal(code, 1);
  assert.equal(stdout, "");
  return { stderr, isRead: /WORKER_CONCURRENCY must/.test(stderr) };
};

const assertRead = ({ stderr, isRead }: Awaited<ReturnType<typeof listed>>): void => {
  assert.ok(isRead, stderr);
  assert.equal(stderr.match(/Settings are read from \/\S+\/\.env\./g)?.length, 1, stderr);
};

const assertIgnored = ({ stderr, isRead }: Awaited<ReturnType<typeof listed>>, why: RegExp): void => {
  assert.ok(!isRead, stderr);
  assert.equal(stderr.match(/Settings are not read from \/\S+\/\.env: it /g)?.length, 1, stderr);
  assert.match(stderr, why);
  assert.match(stderr, /--env-file/);
};

test("a .env of this user's own is read, and which one is said once", () =>
  withPerchFolder(async (folder) => {
    await writeFile(join(folder.dir, ".env"), wrong, { mode: 0o600 });
    assertRead(await listed(folder));
    await chmod(join(folder.dir, ".env"), 0o644);
    assertRead(await listed(folder));
  }));

test("without a .env nothing is said of one", () =>
  withPerchFolder(async (folder) => {
    assert.doesNotMatch((await listed(folder)).stderr, /\.env/);
  }));

for (const mode of [0o660, 0o606, 0o666])
  test(`bug: a .env of mode ${mode.toString(8)} is read, which others can write`, () =>
    withPerchFolder(async (folder) => {
      await writeFile(join(folder.dir, ".env"), wrong);
      await chmod(join(folder.dir, ".env"), mode);
      assertIgnored(await listed(folder), /can be written by others/);
    }));

test("bug: a .env is read where others can put another in its place", () =>
  withPerchFolder(async (folder) => {
    await writeFile(join(folder.dir, ".env"), wrong, { mode: 0o600 });
    await chmod(folder.dir, 0o777);
    assertIgnored(await listed(folder), /can be written by others/);
    // As /tmp is: each one's files are safe from the others.
    await chmod(folder.dir, 0o1777);
    assertRead(await listed(folder));
  }));

test("bug: a .env of another user is read", onlyRoot, () =>
  withPerchFolder(async (folder) => {
    const file = join(folder.dir, ".env");
    await writeFile(file, wrong, { mode: 0o600 });
    await chown(file, otherUser, otherUser);
    assertIgnored(await listed(folder), /belongs to another user/);
  }),
);

test("bug: a .env in a folder of another user is read", onlyRoot, () =>
  withPerchFolder(async (folder) => {
    await writeFile(join(folder.dir, ".env"), wrong, { mode: 0o600 });
    await chown(folder.dir, otherUser, otherUser);
    assertIgnored(await listed(folder), /belongs to another user/);
  }),
);

test("bug: a link that another user made leads to a .env that is read", onlyRoot, () =>
  withPerchFolder(async (folder) => {
    await writeFile(join(folder.dir, "settings"), wrong, { mode: 0o600 });
    await symlink("settings", join(folder.dir, ".env"));
    assertRead(await listed(folder));
    await lchown(join(folder.dir, ".env"), otherUser, otherUser);
    assertIgnored(await listed(folder), /belongs to another user/);
  }),
);

test("a .env is checked at the target of its link", () =>
  withPerchFolder(async (folder) => {
    await mkdir(join(folder.dir, "open"));
    await chmod(join(folder.dir, "open"), 0o777);
    await writeFile(join(folder.dir, "open/settings"), wrong, { mode: 0o600 });
    await symlink("open/settings", join(folder.dir, ".env"));
    assertIgnored(await listed(folder), /can be written by others/);
  }));

test("another user reads root's .env and one of its own, and none of a third", onlyRoot, () =>
  withPerchFolder(async (folder) => {
    const file = join(folder.dir, ".env");
    await writeFile(file, wrong, { mode: 0o644 });
    await chown(folder.dir, otherUser, otherUser);
    const asOther = () => listed(folder, { uid: otherUser });
    assertRead(await asOther());
    await chown(file, otherUser, otherUser);
    assertRead(await asOther());
    await chown(file, otherUser - 1, otherUser - 1);
    assertIgnored(await asOther(), /belongs to another user/);
    await chmod(file, 0o600);
    assertIgnored(await asOther(), /cannot be read \(EACCES\)/);
  }),
);

test("a .env that is a folder or a pipe is not waited for", () =>
  withPerchFolder(async (folder) => {
    await mkdir(join(folder.dir, ".env"));
    assertIgnored(await listed(folder), /no regular file/);
  }).then(() =>
    withPerchFolder(async (folder) => {
      execFileSync("mkfifo", [join(folder.dir, ".env")]);
      assertIgnored(await listed(folder), /no regular file/);
    }),
  ));

test("--env-file names another file, before or after the command, by the same rules", () =>
  withPerchFolder(async (folder) => {
    const file = join(folder.dir, "own.env");
    await writeFile(join(folder.dir, ".env"), "LOG_LEVEL=odd\n", { mode: 0o600 });
    await writeFile(file, wrong, { mode: 0o600 });
    for (const args of [
      ["--env-file", file, "list"],
      ["list", "--env-file", "own.env"],
    ]) {
      const { stderr } = await folder.run(args, { env }).ended;
      assert.match(stderr, /Settings are read from \/\S+\/own\.env\./);
      assert.match(stderr, /WORKER_CONCURRENCY must/);
      assert.doesNotMatch(stderr, /LOG_LEVEL/);
    }
    await chmod(file, 0o666);
    for (const [name, says] of [
      ["own.env", /own\.env can be written by others/],
      ["none.env", /There is no file \/\S+\/none\.env/],
    ] as const) {
      const { code, stderr } = await folder.run(["list", "--env-file", name], { env }).ended;
      assert.equal(code, 1);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\n\s+at |WORKER_CONCURRENCY/);
    }
  }));

test("bug: REDIS_SERVER_BIN of a .env is run", () =>
  withPerchFolder(async (folder) => {
    const mark = join(folder.dir, "was-run");
    const script = join(folder.dir, "pwn.sh");
    await writeFile(script, `#!/bin/sh\n: > ${mark}\n`, { mode: 0o755 });
    for (const name of [".env", "named.env"])
      await writeFile(join(folder.dir, name), `REDIS_SERVER_BIN=${script}\n`, { mode: 0o600 });
    for (const args of [["list"], ["list", "--env-file", "named.env"], ["doctor"], ["status", "x"]]) {
      const { stderr } = await folder.run(args).ended;
      assert.match(stderr, /REDIS_SERVER_BIN is not taken from it/);
    }
    assert.ok(!existsSync(mark));
  }));

test("bug: a .env sends the shell's key for Bird where it likes", () =>
  withPerchFolder(async (folder) => {
    const heard: unknown[] = [];
    const server = createServer((request, response) => {
      heard.push(request.headers.authorization);
      response.end("{}");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    try {
      const { port }: AddressInfo = addressOf(server.address());
      const key = { BIRD_ACCESS_KEY: "the-shells-key", BIRD_ORGANIZATION_ID: "o", ...env };
      const workspace = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";
      await writeFile(join(folder.dir, ".env"), `BIRD_API_URL=http://127.0.0.1:${port}\n`, { mode: 0o600 });
      for (const args of [["workspaces", "prepare", workspace], ["doctor"]]) {
        const { code, stderr } = await folder.run(args, { env: key }).ended;
        assert.equal(code, 1);
        assert.match(stderr, /BIRD_API_URL is set in \/\S+\/\.env, but BIRD_ACCESS_KEY is not/);
        assert.doesNotMatch(stderr, /the-shells-key|\n\s+at /);
      }
      assert.deepEqual(heard, []);
    } finally {
      server.close();
    }
  }));

const addressOf = (address: AddressInfo | string | null): AddressInfo =>
  typeof address === "object" && address !== null ? address : assert.fail("it listens on a port");
