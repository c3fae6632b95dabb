import assert from "node:assert/strict";
import test from "node:test";
import { chaosOptions } from "../chaos/chaos-options.ts";
import { chaosText } from "../chaos/chaos-text.ts";
import { isHolding, runChaos } from "../chaos/run-chaos.ts";

test("nothing is lost or done twice while workers, the webhook and Redis are killed", async () => {
  const options = chaosOptions(300, 7, { redisKillEveryMs: 3000, waiters: 50, limitMs: 60_000 });
  const result = await runChaos(options);
  assert.ok(result.checks.every(isHolding), chaosText(options, result));
});

test("batches count right while what imports them, workers, the webhook, the API and Redis are killed", async () => {
  const options = chaosOptions(600, 3, {
    isBatch: true,
    redisKillEveryMs: 3000,
    waiters: 0,
    limitMs: 90_000,
  });
  const result = await runChaos(options);
  assert.ok(result.checks.every(isHolding), chaosText(options, result));
});
