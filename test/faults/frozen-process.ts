import { createLog } from "../../src/log.ts";
import { connectRedis } from "../../src/queue/connection.ts";
import { createKeys } from "../../src/queue/keys.ts";
import { createSeal } from "../../src/queue/seal.ts";
import { parseSealingKeys } from "../../src/queue/sealing-keys.ts";
import { startWorker } from "../../src/worker/worker.ts";
import { quickSettings } from "../support/stack.ts";

/**
 * A worker that stops itself (SIGSTOP) between the gate and the create of its first install, as a machine that
 * is suspended or starved would. Whoever started it wakes it with SIGCONT.
 */
const [redisUrl = "", prefix = "", sealingKeys = "", birdApiUrl = "", birdAccessKey = "", shards = "1"] =
  process.argv.slice(2);

const seal = createSeal(parseSealingKeys(sealingKeys) ?? []);
let isFirst = true;
await startWorker({
  client: await connectRedis(redisUrl, { whenAway: "wait", name: "frozen" }),
  keys: createKeys(prefix, Number(shards)),
  seal: {
    ...seal,
    open: async (sealed) => {
      if (isFirst) process.kill(process.pid, "SIGSTOP");
      isFirst = false;
      return seal.open(sealed);
    },
  },
  settings: { birdApiUrl, birdAccessKey, ...quickSettings, requestTimeoutMs: 200 },
  stall: { lockDurationMs: 600, stalledIntervalMs: 100 },
  log: createLog({ level: "info", role: "frozen" }),
});
process.stdout.write("ready\n");
