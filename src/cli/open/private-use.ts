import type { Keys } from "../../queue/keyspace/keys.ts";
import { findShardUsers } from "../../queue/keyspace/shard-users.ts";
import type { RedisClient } from "../../redis/client.ts";

/** How a command uses a private Redis. */
export interface PrivateUse {
  /** Prints a line on standard error. */
  readonly say: (line: string) => void;
  /** It enqueues or acts, which has an effect only where a worker runs. */
  readonly acts: boolean;
  /** `--private`: it acts although no worker runs. */
  readonly isChosen: boolean;
}

/** A command would act on a private Redis that nothing works on. */
class PrivateRedisError extends Error {
  readonly code = "private_redis";

  constructor() {
    super(
      "Nothing was done: perch start does not run in this folder, so nothing would carry it out. Set REDIS_URL to the Redis of your workers, run perch start here, or add --private to use the private Redis all the same.",
    );
    this.name = "PrivateRedisError";
  }
}

export const privateRedisNote = (dataDir: string): string =>
  `Using the private Redis of this folder (${dataDir}), because REDIS_URL is not set.`;

/** Refuses a command that acts while no process takes installs off the private Redis. @throws {PrivateRedisError} */
export const checkPrivateUse = async (
  deps: { readonly client: RedisClient; readonly keys: Keys },
  { acts, isChosen }: PrivateUse,
): Promise<void> => {
  if (!acts || isChosen) return;
  const users = await findShardUsers(deps);
  if (!users.some(({ role }) => role === "start" || role === "worker")) throw new PrivateRedisError();
};

/** Stops a private Redis with its command when a signal ends that, unless the command handles the signal itself. */
export const stopWithProcess = (close: () => Promise<void>): { readonly off: () => void } => {
  const stop = (signal: NodeJS.Signals): void => {
    off();
    close().finally(() => process.kill(process.pid, signal));
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  const off = (): void => {
    for (const signal of signals) process.off(signal, stop);
  };
  for (const signal of signals) if (process.listenerCount(signal) === 0) process.once(signal, stop);
  return { off };
};
