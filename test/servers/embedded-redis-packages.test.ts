import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { unpackServer } from "../../src/embedded-redis/unpack-server.ts";
import { withClient, withDataDir } from "./embedded-redis-harness.ts";

const hasApt = existsSync("/usr/bin/apt-get") && existsSync("/usr/bin/dpkg-deb");

/** Newer than every archive's, so that an apt that believes it fetches nothing. */
const version = "99:1-1";

const libraries = ["libjemalloc2", "liblzf1", "liblua5.1-0", "libhiredis0.14", "lua-bitop", "lua-cjson"];
const redis = ["redis-server", "redis-tools", "redis-sentinel", "redis"];
const valkey = ["valkey-server", "valkey-tools", "valkey-sentinel", "valkey"];

/** The machine's own status without what belongs to a server, and with what the machine is to claim instead. */
async function claimed(names: readonly string[], state = "install ok installed"): Promise<string> {
  const paragraphs = (await readFile("/var/lib/dpkg/status", "utf8")).trimEnd().split("\n\n");
  const others = paragraphs.filter(
    (text) => ![...libraries, ...redis, ...valkey].some((name) => text.startsWith(`Package: ${name}\n`)),
  );
  return [...others, ...names.map((name) => claim(name, state)), ""].join("\n\n");
}

function claim(name: string, state: string): string {
  return [
    `Package: ${name}`,
    `Status: ${state}`,
    "Priority: optional",
    "Maintainer: nobody <nobody@example.com>",
    `Architecture: ${name.startsWith("lib") ? process.arch.replace("x64", "amd64") : "all"}`,
    `Version: ${version}`,
    "Depends: libc6",
    "Description: a claim",
    " .",
    " with a second paragraph",
  ].join("\n");
}

const machines: Readonly<Record<string, () => Promise<string>>> = {
  "none of the packages": () => claimed([]),
  "only the redis-tools": () => claimed(["redis-tools", ...libraries]),
  "the packages of Redis": () => claimed([...redis, ...libraries]),
  "the packages of Valkey": () => claimed([...valkey, ...libraries]),
  "all packages on hold": () => claimed([...redis, ...valkey, ...libraries], "hold ok installed"),
  "half installed packages": () => claimed([...redis, ...libraries], "install reinstreq half-installed"),
  "a package that lacks what it needs": async () =>
    (await claimed(["redis-tools"])).replace(/(?<=Version: 99:1-1\nDepends: )libc6/, "no-such-package"),
};

describe("a server fetched where dpkg says that the machine has", {
  concurrency: 2,
  timeout: 240_000,
}, () => {
  for (const [what, statusText] of Object.entries(machines)) {
    it(what, { skip: !hasApt }, () =>
      withDataDir(async (dataDir) => {
        const dpkgStatusFile = join(dataDir, "dpkg-status");
        await writeFile(dpkgStatusFile, await statusText());
        const serverBin = await unpackServer({
          serversDir: dataDir,
          path: "",
          dpkgStatusFile,
          log: () => {},
        });

        const server = await startEmbeddedRedis({ dataDir, serverBin });
        assert.equal(await withClient(server.url, (client) => client.eval("return 6 * 7", 0)), 42);
        await server.stop();
      }),
    );
  }
});
