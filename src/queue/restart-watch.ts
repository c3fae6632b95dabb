import type { Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";

export interface RestartWatch {
  /** When Redis may last have forgotten something it had acknowledged; 0 when it never did. Unix ms. */
  forgotAtMs(): Promise<number>;
}

/**
 * Knows when Redis may last have forgotten acknowledged writes. An install queued before that may have had a
 * run nobody remembers.
 *
 * - A server that starts forgets its last second or two, unless it runs with `appendfsync always`.
 * - A replica that is promoted may have missed its master's last writes. When that was nobody tells, so the
 *   first to notice writes it down; its second replication id tells that it was promoted.
 *
 * Asks again after every lost connection, because neither can happen without one.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/replication/
 */
export const createRestartWatch = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now: () => number;
}): RestartWatch => {
  const { client, keys, now } = deps;
  let known: Promise<number> | undefined;
  const ask = async (): Promise<number> => {
    const [info, isDurable] = await Promise.all([client.info(), writesAlways(client)]);
    const runId = /^run_id:(\w+)/m.exec(info)?.[1] ?? "";
    return Number(await client.perchServer(keys.server, runId, forgotMs(info, isDurable, now()) ?? ""));
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

/** When a server seen for the first time may have forgotten something; undefined when it did not. */
const forgotMs = (info: string, isDurable: boolean, nowMs: number): number | undefined => {
  const isPromoted = !/^master_replid2:0+\r?$/m.test(info);
  if (isPromoted) return nowMs;
  const uptimeMs = Number(/^uptime_in_seconds:(\d+)/m.exec(info)?.[1] ?? 0) * 1000;
  return isDurable ? undefined : nowMs - uptimeMs;
};

/** A server that refuses CONFIG, as managed ones do, counts as one that may forget. */
const writesAlways = async (client: RedisClient): Promise<boolean> => {
  try {
    const settings = await client.config("GET", "append*");
    const text = JSON.stringify(settings);
    return /"appendonly"[,:]"yes"/.test(text) && /"appendfsync"[,:]"always"/.test(text);
  } catch {
    return false;
  }
};
