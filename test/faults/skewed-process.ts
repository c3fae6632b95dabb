import { createLog } from "../../src/log.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { createSeal, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { startWorkerRole } from "../../src/roles/worker.ts";
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
const worker = await startWorkerRole({
  redisUrl,
  keys: createKeys(prefix, Number(shards)),
  opened: new AsyncDisposableStack(),
  seal: createSeal(readSealingKeys(sealingKeys)),
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
