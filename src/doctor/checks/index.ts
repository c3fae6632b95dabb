import type { Check } from "../check.ts";
import { birdClockCheck, birdCreateCheck, birdKeyCheck, birdReachableCheck, birdViewCheck } from "./bird.ts";
import { sealedInstallsCheck, sealingKeysCheck } from "./keys.ts";
import { metaAppCheck } from "./meta.ts";
import { batchesCheck, deadLettersCheck } from "./outcomes.ts";
import { holdsCheck, unmatchedCheck, waitingCheck, workersCheck } from "./queue.ts";
import { redisReachableCheck, redisRestoredCheck, redisWritesCheck, shardsCheck } from "./redis.ts";
import {
  redisClockCheck,
  redisEvictionCheck,
  redisLatencyCheck,
  redisMemoryCheck,
  redisPersistenceCheck,
  redisVersionCheck,
} from "./redis-servers.ts";
import { apiAccessCheck, notifyCheck, settingsCheck } from "./settings.ts";
import { birdSubscriptionsCheck } from "./subscriptions.ts";
import { webhookProbeCheck, webhookReachableCheck, webhookSigningCheck, webhookUrlCheck } from "./webhook.ts";

/** All checks of `perch doctor`, in the order they are printed. */
export const checks: readonly Check[] = [
  settingsCheck,
  redisReachableCheck,
  redisVersionCheck,
  redisEvictionCheck,
  redisPersistenceCheck,
  redisRestoredCheck,
  redisMemoryCheck,
  redisWritesCheck,
  redisLatencyCheck,
  redisClockCheck,
  shardsCheck,
  sealingKeysCheck,
  sealedInstallsCheck,
  workersCheck,
  waitingCheck,
  holdsCheck,
  unmatchedCheck,
  batchesCheck,
  deadLettersCheck,
  birdReachableCheck,
  birdClockCheck,
  birdKeyCheck,
  birdViewCheck,
  birdCreateCheck,
  birdSubscriptionsCheck,
  metaAppCheck,
  webhookUrlCheck,
  webhookSigningCheck,
  webhookReachableCheck,
  webhookProbeCheck,
  apiAccessCheck,
  notifyCheck,
];
