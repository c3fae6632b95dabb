import assert from "node:assert/strict";
import test from "node:test";
import { chaosOptions } from "../chaos/chaos-options.ts";
import { chaosText } from "../chaos/chaos-text.ts";
import { isHolding } from "../chaos/check.ts";
import { runChaos } from "../chaos/run-chaos.ts";

/** People, clocks and a full Redis are for the command, which has the time: these runs only kill. */
const killsOnly = { redisRestartEveryMs: 1e9, redisFillEveryMs: 1e9, skewMs: 0, peopleShare: 0 };

test("nothing is lost or done twice while workers, the webhook and Redis are killed", async () => {
  const options = chaosOptions(300, 7, {
    ...killsOnly,
    redisKillEveryMs: 3000,
    waiters: 50,
    limitMs: 60_000,
  });
  const result = await runChaos(options);
  assert.ok(result.checks.every(isHolding), chaosText(options, result));
});

test("batches count right while what imports them, workers, the webhook, the API and Redis are killed", async () => {
  const options = chaosOptions(600, 3, {
    ...killsOnly,
    isBatch: true,
    redisKillEveryMs: 3000,
    waiters: 0,
    limitMs: 90_000,
  });
  const result = await runChaos(options);
  assert.ok(result.checks.every(isHolding), chaosText(options, result));
});
