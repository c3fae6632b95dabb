import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, chown, copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { before, describe, it } from "node:test";
import { startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { findServer } from "../../src/embedded-redis/find-server.ts";
import { isUsableServer } from "../../src/embedded-redis/server-programs.ts";
import { unpackedServerFile, unpackServer } from "../../src/embedded-redis/unpack-server.ts";
import { findTestServer, withDataDir, writeServerScript } from "./embedded-redis-harness.ts";

const log = () => {};
const hasApt = existsSync("/usr/bin/apt-get") && existsSync("/usr/bin/dpkg-deb");

/** Only what the test puts in its data directory can be found. */
function findOnlyIn(dataDir: string, path: string | undefined) {
  return findServer({
    serversDir: dataDir,
    serverBin: undefined,
    path,
    dirsAfterPath: [],
    allowDownload: false,
    log,
  });
}

async function writeVersionScript(file: string, version: string): Promise<string> {
  await writeFile(file, `#!/bin/sh\necho "${version}"\n`, { mode: 0o755 });
  return file;
}

describe("the choice of a Redis server", { concurrency: true, timeout: 60_000 }, () => {
  before(findTestServer);

  it("says what to do when there is none", () =>
    withDataDir((dataDir) =>
      assert.rejects(findOnlyIn(dataDir, ""), {
        name: "EmbeddedRedisError",
        code: "no_server",
        message: /apt-get install redis-server.*brew install redis.*REDIS_URL/,
      }),
    ));

  it("takes redis-server before valkey-server on PATH, and passes over relative folders and what does not run", () =>
    withDataDir(async (dataDir) => {
      const [here, first, second] = [join(dataDir, "here"), join(dataDir, "first"), join(dataDir, "second")];
      await Promise.all([mkdir(here), mkdir(first), mkdir(second)]);
      await writeVersionScript(join(here, "redis-server"), "Redis server v=8.0.2 sha=0");
      await writeFile(join(first, "redis-server"), "not a program", { mode: 0o755 });
      const valkey = await writeVersionScript(join(first, "valkey-server"), "Valkey server v=8.1.1 sha=0");
      const path = `${relative(process.cwd(), here)}:${first}:${second}`;
      assert.equal(await findOnlyIn(dataDir, path), valkey);

      const redis = await writeVersionScript(join(second, "redis-server"), "Redis server v=7.0.15 sha=0");
      assert.equal(await findOnlyIn(dataDir, path), redis);
    }));

  it("takes a copy unpacked earlier if PATH has none", () =>
    withDataDir(async (dataDir) => {
      const copy = unpackedServerFile(dataDir);
      await mkdir(join(copy, ".."), { recursive: true, mode: 0o700 });
      await writeServerScript(copy);
      assert.equal(await findOnlyIn(dataDir, ""), copy);
    }));

  for (const [whose, change, why] of [
    ["git or an archive made", (home: string) => chmod(home, 0o755), /can be read by others/],
    ["others can write to", (home: string) => chmod(home, 0o777), /can be written by others/],
    ...(process.geteuid?.() === 0
      ? ([
          ["belongs to another user", (home: string) => chown(home, 65_534, 65_534), /belongs to another/],
        ] as const)
      : []),
  ] as const)
    it(`bug: runs a server from a redis-bin that ${whose}`, () =>
      withDataDir(async (dataDir) => {
        const copy = unpackedServerFile(dataDir);
        const mark = join(dataDir, "was-run");
        await mkdir(join(copy, ".."), { recursive: true, mode: 0o700 });
        await writeServerScript(copy, `: > ${mark}`);
        await change(join(dataDir, "redis-bin"));
        await assert.rejects(findOnlyIn(dataDir, ""), { code: "no_server", message: why });
        assert.ok(!existsSync(mark));
      }));

  for (const [whose, change, why] of [
    ["others can write to", (dir: string) => chmod(dir, 0o777), /can be written by others/],
    ["a group can write to", (dir: string) => chmod(dir, 0o775), /can be written by others/],
    ...(process.geteuid?.() === 0
      ? ([
          ["belongs to another user", (dir: string) => chown(dir, 65_534, 65_534), /belongs to another/],
        ] as const)
      : []),
  ] as const)
    for (const part of ["", "redis"])
      it(`bug: starts Redis in a data directory whose ${part || "top"} ${whose}`, () =>
        withDataDir(async (dataDir) => {
          await change(join(dataDir, part));
          const options = { dataDir, serverBin: await findTestServer() };
          await assert.rejects(startEmbeddedRedis(options), { code: "start_failed", message: why });
          assert.deepEqual(await readdir(join(dataDir, "redis")), []);
        }));

  for (const [version, isUsable] of [
    ["Redis server v=6.0.16 sha=00000000:0", false],
    ["Redis server v=6.2.0 sha=00000000:0", true],
    ["Redis server v=10.0.0 sha=00000000:0", true],
    ["Valkey server v=7.2.5 sha=00000000:0", true],
    ["redis-cli 7.0.15", false],
  ] as const) {
    it(`${isUsable ? "accepts" : "refuses"} a program that says "${version}"`, () =>
      withDataDir(async (dataDir) => {
        const file = await writeVersionScript(join(dataDir, "server"), version);
        assert.equal(await isUsableServer(file, ""), isUsable);
      }));
  }

  it("does not replace a REDIS_SERVER_BIN that does not run by another server", () =>
    withDataDir(async (dataDir) => {
      const notRunnable = join(dataDir, "text");
      await writeFile(notRunnable, "not a program");
      const old = await writeVersionScript(join(dataDir, "old"), "Redis server v=5.0.7 sha=0");
      for (const serverBin of [notRunnable, old, join(dataDir, "missing")]) {
        await assert.rejects(startEmbeddedRedis({ dataDir, serverBin, path: process.env.PATH }), {
          code: "no_server",
          message: new RegExp(`^REDIS_SERVER_BIN \\(${serverBin}\\) does not run`),
        });
      }
    }));

  it("fetches one server for two data directories that share it, at the same time", { skip: !hasApt }, () =>
    withDataDir(async (serversDir) => {
      const messages: string[] = [];
      const log = (message: string) => messages.push(message);
      const options = { serversDir, serverBin: undefined, path: "", allowDownload: true, log };
      const find = () => findServer({ ...options, dirsAfterPath: [] });
      const [one, other] = await Promise.all([find(), find()]);
      assert.equal(one, unpackedServerFile(serversDir));
      assert.equal(other, one);
      assert.equal(messages.length, 1, messages.join("\n"));
    }),
  );

  it("does not run a shared server from a folder that others can write to", () =>
    withDataDir((dataDir) =>
      withDataDir(async (serversDir) => {
        await chmod(serversDir, 0o777);
        const options = { dataDir, serversDir, serverBin: await findTestServer() };
        await assert.rejects(startEmbeddedRedis(options), {
          code: "start_failed",
          message: /can be written by others/,
        });
      }),
    ));

  it("fetches one from the package archive, leaving only the copy", { skip: !hasApt }, () =>
    withDataDir(async (dataDir) => {
      const home = join(dataDir, "redis-bin");
      await mkdir(join(home, "partial-abandoned", "apt"), { recursive: true, mode: 0o700 });
      await mkdir(join(unpackedServerFile(dataDir), "..", "broken"), { recursive: true });
      const messages: string[] = [];
      const serverBin = await unpackServer({
        serversDir: dataDir,
        path: "",
        log: (message) => messages.push(message),
      });

      assert.equal(await findOnlyIn(dataDir, ""), serverBin);
      assert.deepEqual(await readdir(home), [`${process.platform}-${process.arch}`]);
      assert.match(messages.join("\n"), /^No redis-server found: fetching one .*$/);
      const redis = await startEmbeddedRedis({ dataDir, serverBin });
      await redis.stop();
    }),
  );

  it("says what to do, and why fetching failed, when apt has no package", { skip: !hasApt }, () =>
    withDataDir(async (dataDir) => {
      const bin = join(dataDir, "bin");
      await mkdir(bin);
      await copyFile("/bin/false", join(bin, "apt-get"));
      const options = {
        serversDir: dataDir,
        serverBin: undefined,
        path: bin,
        dirsAfterPath: [],
        allowDownload: true,
        log,
      };
      await assert.rejects(findServer(options), (error) => {
        assert.ok(error instanceof Error && error.cause instanceof AggregateError);
        assert.equal(error.cause.errors.length, 2);
        return /REDIS_URL/.test(error.message);
      });
    }),
  );
});
