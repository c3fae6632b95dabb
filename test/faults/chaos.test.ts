import assert from "node:assert/strict";
import test from "node:test";
import { chaosOptions } from "../chaos/chaos-options.ts";
import { chaosText } from "../chaos/chaos-text.ts";
import { isHolding } from "../chaos/check.ts";
import { runChaos } from "../chaos/run-chaos.ts";

test("nothing is lost or done twice while people act, clocks are wrong, and all is killed, full or restarted", async () => {
  const options = chaosOptions(200, 7, {
    redisKillEveryMs: 4000,
    redisRestartEveryMs: 4000,
    redisFillEveryMs: 4000,
    skewMs: 5000,
    waiters: 50,
  });
  const result = await runChaos(options);
  const told = chaosText(options, result);
  assert.ok(result.checks.every(isHolding), told);
  const { kills, restarts, fills } = result.happened.redis;
  assert.ok(Math.min(kills, restarts, fills) > 0, told);
  const { cancel, retry, uninstall, "send again": sendAgain } = result.happened.people.acts;
  for (const count of [cancel, retry, uninstall, sendAgain]) assert.ok(count !== undefined, told);
});

/** The first run has the clocks and what happens to Redis beside its death. */
const killsAndPeople = { redisRestartEveryMs: 1e9, redisFillEveryMs: 1e9, skewMs: 0 };

test("batches count right while people act, and what imports them, workers, the webhook, the API and Redis are killed", async () => {
  const options = chaosOptions(300, 3, {
    ...killsAndPeople,
    isBatch: true,
    redisKillEveryMs: 4000,
    waiters: 0,
  });
  const result = await runChaos(options);
  assert.ok(result.checks.every(isHolding), chaosText(options, result));
});
