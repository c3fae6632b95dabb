import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import {
  findTestServer,
  killServer,
  processIdOf,
  spawnStarter,
  withClient,
  withDataDir,
  writeGatedServer,
  writeServerScript,
} from "./embedded-redis-harness.ts";

describe("embedded Redis among processes", { timeout: 60_000 }, () => {
  let serverBin: string;
  before(async () => {
    serverBin = await findTestServer();
  });

  for (const before of ["on a fresh directory", "after a killed server"] as const) {
    it(`is started once by five processes at once, ${before}`, () =>
      withDataDir(async (dataDir) => {
        if (before === "after a killed server") {
          await killServer((await startEmbeddedRedis({ dataDir, serverBin })).url);
        }
        const launches = join(dataDir, "launches");
        const counting = await writeServerScript(
          join(dataDir, "counting-server"),
          `if [ "$1" != --version ]; then echo launched >> ${launches}; fi`,
        );
        const starters = await Promise.all(Array.from({ length: 5 }, spawnStarter));
        const started = starters.map((starter) => starter.untilStarted());
        for (const starter of starters) starter.begin({ dataDir, serverBin: counting });

        const results = await Promise.all(started);
        assert.equal(results.filter((result) => result.started).length, 1);
        assert.equal(new Set(results.map((result) => result.url)).size, 1);
        assert.equal(await readFile(launches, "utf8"), "launched\n");
        await Promise.all(starters.map((starter) => starter.leave()));
      }));
  }

  it("does not keep its starter alive, outlives it, and is reused", () =>
    withDataDir(async (dataDir) => {
      const starter = await spawnStarter();
      starter.begin({ dataDir, serverBin });
      const { url } = await starter.untilStarted();
      const processId = await processIdOf(url);
      await starter.leave();

      const next = await startEmbeddedRedis({ dataDir, serverBin });
      assert.equal(next.started, false);
      assert.equal(await processIdOf(next.url), processId);
    }));

  it("keeps a process that has nothing else to do alive until it is stopped", () =>
    withDataDir(async (dataDir) => {
      const source = new URL("../../src/embedded-redis/embedded-redis.ts", import.meta.url).href;
      const code = `
        import { startEmbeddedRedis } from ${JSON.stringify(source)};
        const redis = await startEmbeddedRedis(${JSON.stringify({ dataDir, serverBin })});
        await redis.stop();
        console.log("stopped");`;
      const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
      assert.equal(stdout, "stopped\n");
    }));

  for (const signal of ["SIGKILL", "SIGINT"] as const) {
    it(`is not reached by ${signal} to its starter's process group, and is reused`, () =>
      withDataDir(async (dataDir) => {
        const starter = await spawnStarter();
        starter.begin({ dataDir, serverBin });
        const { url } = await starter.untilStarted();
        const processId = await processIdOf(url);
        await starter.kill(signal);

        const next = await startEmbeddedRedis({ dataDir, serverBin });
        assert.equal(next.started, false);
        assert.equal(await processIdOf(next.url), processId);
      }));
  }

  it("is started at once when the last starter was killed while looking for a server", () =>
    withDataDir(async (dataDir) => {
      const gated = await writeGatedServer(join(dataDir, "gated-server"), "--version");
      const starter = await spawnStarter();
      starter.begin({ dataDir, serverBin: gated.file });
      await gated.untilReached();
      await starter.kill("SIGKILL");

      const next = await startEmbeddedRedis({ dataDir, serverBin });
      assert.equal(next.started, true);
      await next.stop();
    }));

  it("is waited for, not doubled, when its starter was killed before it listened", () =>
    withDataDir(async (dataDir) => {
      const gated = await writeGatedServer(join(dataDir, "gated-server"), "--daemonize");
      const starter = await spawnStarter();
      starter.begin({ dataDir, serverBin: gated.file });
      await gated.untilReached();
      await starter.kill("SIGKILL");

      const waiting = Promise.withResolvers<string>();
      const next = startEmbeddedRedis({ dataDir, serverBin, log: waiting.resolve });
      await Promise.race([waiting.promise, next]);
      await gated.open();
      assert.equal((await next).started, false);
    }));

  it("is waited for, not doubled, when its socket is lost", () =>
    withDataDir(async (dataDir) => {
      const lost = await startEmbeddedRedis({ dataDir, serverBin });
      await withClient(lost.url, async (client) => {
        await client.set("kept", "yes");
        const processId = await processIdOf(lost.url);
        await rm(join(dataDir, "redis", "redis.sock"));

        const waiting = Promise.withResolvers<string>();
        const next = startEmbeddedRedis({ dataDir, serverBin, log: waiting.resolve });
        await Promise.race([waiting.promise, next.then(() => assert.fail("a second server was started"))]);
        process.kill(processId, "SIGTERM");
        const { url, started, stop } = await next;
        assert.equal(started, true);
        assert.equal(await withClient(url, (other) => other.get("kept")), "yes");
        await stop();
      });
    }));
});
