import { createLog } from "../../src/log.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { createSeal, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { startWorkerRole } from "../../src/roles/worker.ts";
import { quickSettings } from "../support/stack.ts";

/**
 * A worker that stops itself (SIGSTOP) between the gate and the create of its first install, as a machine that
 * is suspended or starved would. Whoever started it wakes it with SIGCONT.
 */
const [redisUrl = "", prefix = "", sealingKeys = "", birdApiUrl = "", birdAccessKey = "", shards = "1"] =
  process.argv.slice(2);

let isFirst = true;
/** The line stands between the gate and the create. */
const freeze = (line: string): void => {
  process.stderr.write(line);
  if (!isFirst || !line.includes("install is sent to Bird")) return;
  isFirst = false;
  process.kill(process.pid, "SIGSTOP");
};
await startWorkerRole({
  redisUrl,
  keys: createKeys(prefix, Number(shards)),
  opened: new AsyncDisposableStack(),
  seal: createSeal(readSealingKeys(sealingKeys)),
  settings: { birdApiUrl, birdAccessKey, ...quickSettings, requestTimeoutMs: 200 },
  stall: { lockDurationMs: 600, stalledIntervalMs: 100 },
  log: createLog({ level: "info", role: "frozen", destination: { write: freeze } }),
});
process.stdout.write("ready\n");
