import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { z } from "zod";
import { startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { type PerchFolder, withPerchFolder } from "../support/perch.ts";

const overviewSchema = z.object({
  shards: z.number(),
  here: z.number(),
  installs: z.array(z.number()),
  processes: z.array(z.object({ role: z.string(), shards: z.number() })),
});

/** Lends a Redis of its own, and what its key of the number of shards holds. */
const withOwnRedis = (
  run: (
    folder: PerchFolder,
    redis: { url: string; readNumber: () => Promise<string | null> },
  ) => Promise<void>,
) =>
  withPerchFolder(async (folder) => {
    const dataDir = join(folder.dir, ".data");
    await using opened = new AsyncDisposableStack();
    const redis = await startEmbeddedRedis({
      dataDir,
      serverBin: process.env.REDIS_SERVER_BIN,
      path: process.env.PATH,
    });
    opened.defer(redis.stop);
    const client = await connectRedis(redis.url, { whenAway: "fail", name: "test" });
    opened.defer(() => closeRedis(client));
    await run(folder, { url: redis.url, readNumber: () => client.get("{perch}:shards") });
  });

test("no command that only looks changes the number of shards, and perch shards --grow does after asking", () =>
  withOwnRedis(async ({ run }, { url, readNumber }) => {
    const env = { REDIS_URL: url, SHARDS: "2" };
    for (const args of [["list", "--limit", "1"], ["doctor"], ["shards"], ["import", "-", "--dry-run"]]) {
      const { code, stderr } = await run(args, {
        env: { ...env, SEALING_KEYS: generateSealingKey() },
        stdin: "workspaceId,name\n",
      }).ended;
      assert.ok(code !== 2, stderr);
      assert.doesNotMatch(stderr, /Wrong settings/);
      assert.equal(await readNumber(), null, args.join(" "));
    }
    const asked = await run(["shards", "--grow", "3"], { env }).ended;
    assert.deepEqual([asked.code, await readNumber()], [2, null]);
    const grown = await run(["shards", "--grow", "3", "--yes", "--json"], { env }).ended;
    assert.equal(await readNumber(), "3");
    const { shards, here, installs } = overviewSchema.parse(JSON.parse(grown.stdout));
    assert.deepEqual([grown.code, shards, here, installs], [0, 3, 2, [0, 0, 0]]);
    assert.match(grown.stderr, /single server/);

    const list = await run(["list", "--limit", "1"], { env: { REDIS_URL: url } }).ended;
    assert.deepEqual([list.code, await readNumber()], [0, "3"]);
  }));

test("perch start takes unused shards back, warns of several on one server, and registers itself", () =>
  withOwnRedis(async ({ run }, { url, readNumber }) => {
    const env = {
      REDIS_URL: url,
      SEALING_KEYS: generateSealingKey(),
      API_PORT: "0",
      WEBHOOK_PORT: "0",
      SANDBOX_PORT: "0",
      CONNECT_PORT: "0",
    };
    const several = run(["start"], { env: { ...env, SHARDS: "3" } });
    assert.match(await several.prints(/Perch runs/), /SHARDS is more than 1, and Redis is a single server/);
    assert.equal(await readNumber(), "3");
    const { stdout } = await run(["shards", "--json"], { env }).ended;
    const { processes } = overviewSchema.parse(JSON.parse(stdout));
    assert.deepEqual(processes, [{ role: "start", shards: 3 }]);
    several.process.kill("SIGTERM");
    assert.equal((await several.ended).code, 0);

    const one = run(["start"], { env });
    await one.prints(/Perch runs/);
    assert.equal(await readNumber(), null);
    one.process.kill("SIGTERM");
    await one.ended;
  }));
