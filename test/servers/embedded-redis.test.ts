import assert from "node:assert/strict";
import { chmod, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { persistentServerFlags } from "../../src/embedded-redis/server.ts";
import { chooseSocketPath } from "../../src/embedded-redis/server-layout.ts";
import { waitUntilReady } from "../../src/embedded-redis/wait-until-ready.ts";
import {
  findTestServer,
  killServer,
  processIdOf,
  withClient,
  withDataDir,
  writeServerScript,
} from "./embedded-redis-harness.ts";

describe("embedded Redis", { concurrency: true, timeout: 60_000 }, () => {
  let serverBin: string;
  before(async () => {
    serverBin = await findTestServer();
  });

  it("keeps its data over a stop and a start", () =>
    withDataDir(async (dataDir) => {
      const first = await startEmbeddedRedis({ dataDir, serverBin });
      await withClient(first.url, (client) => client.set("kept", "yes"));
      await first.stop();

      const second = await startEmbeddedRedis({ dataDir, serverBin });
      assert.equal(second.started, true);
      assert.equal(await withClient(second.url, (client) => client.get("kept")), "yes");
      await second.stop();
    }));

  it("runs with every persistent flag, in a folder for this user alone", () =>
    withDataDir(async (dataDir) => {
      const { url, stop } = await startEmbeddedRedis({ dataDir, serverBin });
      for (const [flag, value] of persistentServerFlags) {
        const name = flag.slice("--".length);
        const config = await withClient(url, (client) => client.config("GET", name));
        assert.deepEqual(config, [name, value]);
      }
      assert.equal((await stat(join(dataDir, "redis"))).mode & 0o777, 0o700);
      await stop();
    }));

  it("is reused by a second start, whose stop leaves it running", () =>
    withDataDir(async (dataDir) => {
      const first = await startEmbeddedRedis({ dataDir, serverBin });
      const second = await startEmbeddedRedis({ dataDir, serverBin });
      assert.deepEqual([first.started, second.started], [true, false]);
      assert.equal(second.url, first.url);

      await second.stop();
      assert.equal(await withClient(first.url, (client) => client.ping()), "PONG");
      await first.stop();
    }));

  it("has ended when stop returns, however often it is called", () =>
    withDataDir(async (dataDir) => {
      const redis = await startEmbeddedRedis({ dataDir, serverBin });
      const processId = await processIdOf(redis.url);
      await Promise.all([redis.stop(), redis.stop()]);
      await redis.stop();
      assert.throws(() => process.kill(processId, 0), { code: "ESRCH" });
    }));

  it("is not reused while it is being stopped", () =>
    withDataDir(async (dataDir) => {
      const first = await startEmbeddedRedis({ dataDir, serverBin });
      const stopped = first.stop();
      const next = await startEmbeddedRedis({ dataDir, serverBin });
      await stopped;
      assert.equal(next.started, true);
      assert.equal(await withClient(next.url, (client) => client.ping()), "PONG");
      await next.stop();
    }));

  it("is stopped even when its data directory is gone", () =>
    withDataDir(async (dataDir) => {
      const { url, stop } = await startEmbeddedRedis({ dataDir, serverBin });
      const processId = await processIdOf(url);
      await rm(dataDir, { recursive: true });
      await stop();
      assert.throws(() => process.kill(processId, 0), { code: "ESRCH" });
    }));

  it("starts over the socket and pid file of a killed server, with all it had acknowledged", () =>
    withDataDir(async (dataDir) => {
      const killed = await startEmbeddedRedis({ dataDir, serverBin });
      await withClient(killed.url, (client) => client.set("kept", "yes"));
      await killServer(killed.url);
      assert.equal((await stat(join(dataDir, "redis", "redis.sock"))).isSocket(), true);
      await writeFile(join(dataDir, "redis", "redis.pid"), String(process.pid));

      const next = await startEmbeddedRedis({ dataDir, serverBin });
      assert.equal(next.started, true);
      assert.equal(await withClient(next.url, (client) => client.get("kept")), "yes");
      await next.stop();
      await killed.stop();
    }));

  for (const [kind, name] of [
    ["longer than a socket path may be", "long".repeat(30)],
    ["with characters a URL would escape", "a b%20c"],
  ] as const) {
    it(`listens below /tmp for a data directory ${kind}`, () =>
      withDataDir(async (dataDir) => {
        const first = await startEmbeddedRedis({ dataDir, serverBin });
        assert.match(first.url, /^unix:\/\/\/tmp\/perch-\d+-[0-9a-f]{16}\/redis\.sock$/);
        const second = await startEmbeddedRedis({ dataDir, serverBin });
        assert.equal(second.started, false);
        assert.equal(second.url, first.url);
        await first.stop();
      }, name));
  }

  it("does not listen in a folder below /tmp that others can enter", () =>
    withDataDir(async (dataDir) => {
      const socketPath = await chooseSocketPath(join(dataDir, "redis"));
      await chmod(join(socketPath, ".."), 0o755);
      await assert.rejects(startEmbeddedRedis({ dataDir, serverBin }), {
        code: "start_failed",
        message: /belongs to another user/,
      });
    }, "long".repeat(30)));

  it("says what the server said when it does not come up, and gives it no secrets", () =>
    withDataDir(async (dataDir) => {
      process.env.EMBEDDED_REDIS_TEST_SECRET = "leaked";
      const broken = await writeServerScript(
        join(dataDir, "broken-server"),
        `if [ "$1" != --version ]; then echo "no luck [$EMBEDDED_REDIS_TEST_SECRET]"; exit 1; fi`,
      );
      await assert.rejects(startEmbeddedRedis({ dataDir, serverBin: broken }), {
        name: "EmbeddedRedisError",
        code: "start_failed",
        message: /stopped while starting.*REDIS_URL.*no luck \[\]/,
      });
      const next = await startEmbeddedRedis({ dataDir, serverBin });
      assert.equal(next.started, true);
      await next.stop();
    }));

  it("says so when the data directory cannot be used", () =>
    withDataDir(async (dataDir) => {
      const file = join(dataDir, "file");
      await writeFile(file, "");
      await assert.rejects(startEmbeddedRedis({ dataDir: file, serverBin }), {
        code: "start_failed",
        message: /make that folder usable, or set REDIS_URL/,
      });
    }));

  it("takes a server that accepts but never answers for silent, not for gone", () =>
    withDataDir(async (dataDir) => {
      const socketPath = join(dataDir, "mute.sock");
      const mute = createServer((socket) => socket.resume()).listen(socketPath);
      const state = await waitUntilReady({
        socketPath,
        isAlive: () => false,
        log: () => {},
        maxQuietMs: 1,
      });
      mute.close();
      assert.equal(state, "silent");
    }));

  it("waits for a server as long as it loads its data", () =>
    withDataDir(async (dataDir) => {
      const socketPath = join(dataDir, "loading.sock");
      const replies = ["-LOADING Redis is loading the dataset in memory\r\n", "+PONG\r\n"];
      const loading = createServer((socket) => socket.end(replies.shift() ?? "")).listen(socketPath);
      const messages: string[] = [];
      const log = (message: string) => messages.push(message);
      const state = await waitUntilReady({ socketPath, isAlive: () => false, log });
      loading.close();
      assert.equal(state, "ready");
      assert.deepEqual(messages, ["Redis is loading its data ..."]);
    }));
});
