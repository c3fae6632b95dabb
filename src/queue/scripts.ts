import type { RedisClient } from "../redis/redis-client.ts";
import { serverScripts } from "./server-scripts.ts";

/**
 * Perch's Lua scripts. They touch Perch's own keys, and of BullMQ's only an install's own hash (`data`, `priority` and
 * fields of ours: `bound`, `cancelAt`, `uninstalledAt`, `channelWebhooks`), its log list and, to read, its lock.
 */
const scripts = {
  ...serverScripts,
};

/** Teaches a connection Perch's scripts. Idempotent. */
export const defineScripts = (client: RedisClient): void => {
  for (const [name, definition] of Object.entries(scripts)) {
    if (!(name in client)) client.defineCommand(name, definition);
  }
};
