import type { Keys } from "../../queue/keyspace/keys.ts";
import { findShardUsers } from "../../queue/keyspace/shard-users.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";

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
  { url, keys }: { readonly url: string; readonly keys: Keys },
  { acts, isChosen }: PrivateUse,
): Promise<void> => {
  if (!acts || isChosen) return;
  const client = await connectRedis(url, { whenAway: "fail", name: "check" });
  try {
    const users = await findShardUsers({ client, keys });
    if (!users.some(({ role }) => role === "start" || role === "worker")) throw new PrivateRedisError();
  } finally {
    await closeRedis(client);
  }
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
