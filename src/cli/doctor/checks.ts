import { apiAccessCheck } from "./api-access-check.ts";
import { birdClockCheck } from "./bird-clock-check.ts";
import { birdCreateCheck } from "./bird-create-check.ts";
import { birdKeyCheck } from "./bird-key-check.ts";
import { birdReachableCheck } from "./bird-reachable-check.ts";
import { birdSubscriptionsCheck } from "./bird-subscriptions-check.ts";
import { birdViewCheck } from "./bird-view-check.ts";
import type { Check } from "./check.ts";
import { holdsCheck } from "./holds-check.ts";
import { notifyCheck } from "./notify-check.ts";
import { redisClockCheck } from "./redis-clock-check.ts";
import { redisEvictionCheck } from "./redis-eviction-check.ts";
import { redisLatencyCheck } from "./redis-latency-check.ts";
import { redisMemoryCheck } from "./redis-memory-check.ts";
import { redisPersistenceCheck } from "./redis-persistence-check.ts";
import { redisReachableCheck } from "./redis-reachable-check.ts";
import { redisRestoredCheck } from "./redis-restored-check.ts";
import { redisVersionCheck } from "./redis-version-check.ts";
import { redisWritesCheck } from "./redis-writes-check.ts";
import { sealedInstallsCheck } from "./sealed-installs-check.ts";
import { sealingKeysCheck } from "./sealing-keys-check.ts";
import { settingsCheck } from "./settings-check.ts";
import { shardsCheck } from "./shards-check.ts";
import { unmatchedCheck } from "./unmatched-check.ts";
import { waitingCheck } from "./waiting-check.ts";
import { webhookProbeCheck } from "./webhook-probe-check.ts";
import { webhookReachableCheck } from "./webhook-reachable-check.ts";
import { webhookSigningCheck } from "./webhook-signing-check.ts";
import { webhookUrlCheck } from "./webhook-url-check.ts";
import { workersCheck } from "./workers-check.ts";

/** Everything `perch doctor` looks at, in the order it is printed. */
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
  birdReachableCheck,
  birdClockCheck,
  birdKeyCheck,
  birdViewCheck,
  birdCreateCheck,
  birdSubscriptionsCheck,
  webhookUrlCheck,
  webhookSigningCheck,
  webhookReachableCheck,
  webhookProbeCheck,
  apiAccessCheck,
  notifyCheck,
];
