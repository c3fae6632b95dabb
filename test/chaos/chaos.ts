/**
 * Carries installs out against a sandbox full of faults while workers, the webhook and Redis are killed over
 * and over, Redis is full or restarted, a worker's clock is wrong and people cancel, retry, uninstall and send
 * numbers again, then checks that nothing was lost or done twice.
 *
 *   npm run chaos -- --installs 20000 --seed 7
 *   npm run chaos -- --installs 20000 --batch
 *   npm run chaos -- --installs 20000 --people-share 0 --skew-ms 0
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { chaosOptions, endsWithinMs } from "./chaos-options.ts";
import { chaosText } from "./chaos-text.ts";
import { isHolding } from "./check.ts";
import { runChaos } from "./run-chaos.ts";
import { ChaosHangsError } from "./within-limit.ts";

const { values } = parseArgs({
  options: {
    installs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    "kill-every-ms": { type: "string", default: "1000" },
    "redis-kill-every-ms": { type: "string", default: "10000" },
    "redis-restart-every-ms": { type: "string", default: "20000" },
    "redis-fill-every-ms": { type: "string", default: "20000" },
    "skew-ms": { type: "string", default: "20000" },
    "people-share": { type: "string", default: "0.2" },
    workspaces: { type: "string", default: "200" },
    workers: { type: "string", default: "2" },
    budgets: { type: "string", default: "generous" },
    batch: { type: "boolean", default: false },
    "limit-s": { type: "string" },
  },
});

const count = z.coerce.number().int().min(1);
const given = z
  .object({
    installs: count.max(7_000_000),
    seed: z.coerce.number().int(),
    "kill-every-ms": count,
    "redis-kill-every-ms": count,
    "redis-restart-every-ms": count,
    "redis-fill-every-ms": count,
    "skew-ms": z.coerce.number().int().min(0),
    "people-share": z.coerce.number().min(0).max(1),
    workspaces: count,
    workers: count,
    budgets: z.enum(["generous", "real"]),
    batch: z.boolean(),
    "limit-s": count.optional(),
  })
  .parse(values);

const options = chaosOptions(given.installs, given.seed, {
  killEveryMs: given["kill-every-ms"],
  redisKillEveryMs: given["redis-kill-every-ms"],
  redisRestartEveryMs: given["redis-restart-every-ms"],
  redisFillEveryMs: given["redis-fill-every-ms"],
  skewMs: given["skew-ms"],
  peopleShare: given["people-share"],
  workspaces: given.workspaces,
  workers: given.workers,
  budgets: given.budgets,
  isBatch: given.batch,
  ...(given["limit-s"] !== undefined && { limitMs: given["limit-s"] * 1000 }),
});

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());

const toldEveryMs = 5000;
let toldAtMs = 0;
const tell = (line: string): void => {
  if (performance.now() - toldAtMs < toldEveryMs) return;
  toldAtMs = performance.now();
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${line}\n`);
};

const latestS = Math.ceil(endsWithinMs(options) / 1000);
process.stderr.write(`Ends within ${latestS} s, with a table or saying what it hangs at.\n`);
try {
  const result = await runChaos(options, { tell, signal: interrupted.signal });
  process.stdout.write(chaosText(options, result));
  if (!result.checks.every(isHolding)) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof ChaosHangsError)) throw error;
  process.stdout.write(`${error.message}\n`);
  // What hangs keeps the process.
  process.exit(1);
}
