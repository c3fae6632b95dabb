import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { createProducer } from "../../src/producer/producer.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { manyRows } from "../support/many-rows.ts";
import { testPrefix, testRedisUrl } from "../support/redis.ts";

/** Three groups of rows, the last of them not full. */
const rowCount = 520;
const program = fileURLToPath(new URL("import-process.ts", import.meta.url));
const sealingKeys = generateSealingKey();

interface Ended {
  readonly signal: string | undefined;
  readonly commands: readonly string[];
}

const runImport = (prefix: string, killBefore: number): Promise<Ended> => {
  const config = { redisUrl: testRedisUrl(), prefix, sealingKeys, rowCount, killBefore };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, JSON.stringify(config)], (error, stdout, stderr) => {
      const signal = error?.signal;
      if (error !== null && signal !== "SIGKILL") return reject(new Error(stderr, { cause: error }));
      resolve({ signal, commands: stdout === "" ? [] : z.array(z.string()).parse(JSON.parse(stdout)) });
    });
  });
};

/** All of the commands that come once or a few times in an import, and some of those that come by the hundred. */
const momentsOf = (commands: readonly string[]): readonly number[] => {
  const places = Map.groupBy(commands.keys(), (index) => commands[index] ?? "");
  const some = [...places.values()].flatMap((all) =>
    all.length <= 6
      ? all
      : [0, 1, 0.3, 0.6, 0.9].map((share) => all[Math.floor(share * (all.length - 1))] ?? 0),
  );
  return [...new Set(some)].map((index) => index + 1);
};

/** The same import again, and what must hold after it. */
const importAgain = async (prefix: string): Promise<void> => {
  const redisUrl = testRedisUrl();
  const keys = createKeys(prefix);
  const producer = await createProducer({ redisUrl, prefix, sealingKeys });
  const client = await connectRedis(redisUrl, { whenAway: "fail", name: "test" });
  try {
    const before = (await producer.batches.list({ limit: 10 })).items;
    const wasWhole = before.some(({ status }) => status === "running");
    const options = { name: "numbers.csv", canary: 3, haltAt: 50 };
    const { batchId, rows } = await producer.importRows(manyRows(rowCount), options);
    const seen = await Array.fromAsync(rows);
    assert.deepEqual(
      seen.map((row) => ("install" in row ? [row.row, row.install.row, row.created] : row)),
      Array.from({ length: rowCount }, (_, n) => [n + 1, n + 1, !wasWhole]),
    );
    const [waiting, delayed] = await Promise.all([
      client.zcard(keys.job("prioritized")),
      client.zcard(keys.job("delayed")),
    ]);
    assert.equal(waiting + delayed, rowCount, "no install is lost or doubled");
    const ids = new Set(seen.flatMap((row) => ("install" in row ? [row.install.id] : [])));
    assert.equal(ids.size, rowCount);
    const batch = await producer.batches.find(batchId);
    const [accepted, attached] = wasWhole ? [0, rowCount] : [rowCount, 0];
    assert.deepEqual(
      [batch?.status, batch?.rows, batch?.accepted, batch?.attached, batch?.queued],
      ["running", rowCount, accepted, attached, rowCount],
    );
    const recorded = await Array.fromAsync(producer.batches.rows(batchId));
    assert.equal(recorded.length, rowCount);
    const after = (await producer.batches.list({ limit: 10 })).items;
    assert.equal(after.length, wasWhole ? 2 : 1, "an import that was cut off goes on with its batch");
  } finally {
    await producer.close();
    await closeRedis(client);
  }
};

test("an import that is killed anywhere is whole when it is run again", {
  concurrency: 3,
}, async (context) => {
  const whole = await runImport(testPrefix(), Number.MAX_SAFE_INTEGER);
  const moments = momentsOf(whole.commands);
  await Promise.all(
    moments.map((moment) =>
      context.test(`killed before command ${moment}, ${whole.commands[moment - 1]}`, async () => {
        const prefix = testPrefix();
        const { signal } = await runImport(prefix, moment);
        assert.equal(signal, "SIGKILL");
        await importAgain(prefix);
      }),
    ),
  );
  context.diagnostic(`${moments.length} kills`);
});
