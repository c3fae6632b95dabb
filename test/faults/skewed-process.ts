import { createLog } from "../../src/log.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { createSeal, parseSealingKeys } from "../../src/queue/secrets/seal.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { startWorker } from "../../src/worker/worker.ts";
import { quickSettings } from "../support/stack.ts";

/** A worker on a machine whose clock is wrong by so many milliseconds, for BullMQ too. */
const [
  skewMs = "0",
  redisUrl = "",
  prefix = "",
  sealingKeys = "",
  birdApiUrl = "",
  birdAccessKey = "",
  shards = "1",
] = process.argv.slice(2);
const settings = JSON.parse(process.argv[9] ?? "{}");

const trueNow = Date.now;
Date.now = () => trueNow() + Number(skewMs);
const worker = await startWorker({
  client: await connectRedis(redisUrl, { whenAway: "wait", name: "skewed" }),
  keys: createKeys(prefix, Number(shards)),
  seal: createSeal(parseSealingKeys(sealingKeys) ?? []),
  settings: { birdApiUrl, birdAccessKey, ...quickSettings, ...settings },
  stall: { lockDurationMs: 600, stalledIntervalMs: 100 },
  sweepEveryMs: 200,
  log: createLog({ level: "warn", role: "skewed", destination: process.stderr }),
});
process.stdout.write("ready\n");
process.once("SIGTERM", async () => {
  await worker.close({ graceMs: 100 });
  process.exit(0);
});
