import type { Redis } from "ioredis";

/** Redis reports its uptime in whole seconds. */
const uptimeStepMs = 1000;

export interface RestartWatch {
  /**
   * When Redis may last have forgotten something it had acknowledged: its latest start, or 0 when it writes
   * every command to disk before it answers and is no promoted replica. Unix ms.
   */
  forgotAtMs(): Promise<number>;
}

/**
 * Knows when Redis was last started. An install queued before that may have had a run nobody remembers, unless
 * Redis runs with `appendfsync always`: then a start forgets nothing. A promoted replica may have missed its
 * master's last writes whatever it does itself, which its second replication id tells.
 *
 * Asks again after every lost connection, because a restart cannot happen without one.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */
export const createRestartWatch = (deps: {
  readonly client: Redis;
  readonly now: () => number;
}): RestartWatch => {
  const { client, now } = deps;
  let known: Promise<number> | undefined;
  const ask = async (): Promise<number> => {
    const [info, isDurable] = await Promise.all([client.info(), writesAlways(client)]);
    const uptimeMs = Number(/^uptime_in_seconds:(\d+)/m.exec(info)?.[1] ?? 0) * 1000;
    const isPromoted = !/^master_replid2:0+\r?$/m.test(info);
    return isDurable && !isPromoted ? 0 : now() - uptimeMs + uptimeStepMs;
  };
  client.on("close", () => {
    known = undefined;
  });
  return {
    forgotAtMs: () => {
      if (known === undefined) {
        const asking = ask();
        known = asking;
        asking.catch(() => {
          if (known === asking) known = undefined;
        });
      }
      return known;
    },
  };
};

/** A server that refuses CONFIG, as managed ones do, counts as one that may forget. */
const writesAlways = async (client: Redis): Promise<boolean> => {
  try {
    const settings = await client.config("GET", "append*");
    const text = JSON.stringify(settings);
    return /"appendonly"[,:]"yes"/.test(text) && /"appendfsync"[,:]"always"/.test(text);
  } catch {
    return false;
  }
};
