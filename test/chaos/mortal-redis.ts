import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { findTestServer } from "../servers/embedded-redis-harness.ts";

/** A private Redis that is killed, restarted and full, and comes back with what it had written. */
export interface MortalRedis {
  readonly url: string;
  /** SIGKILL, a while of nothing, and a new server on the same data. */
  killAndRestart(awayMs: number): Promise<void>;
  /** A planned restart: it is asked to end, a while of nothing, and a new server on the same data. */
  restart(awayMs: number): Promise<void>;
  /** For a while it refuses every write for want of memory. */
  fill(fullMs: number): Promise<void>;
  readonly counts: () => { readonly kills: number; readonly restarts: number; readonly fills: number };
  /** Whether it has answered, and taken writes, all the time since then, by the monotonic clock. */
  wasUpSince(ms: number): boolean;
  stop(): Promise<void>;
}

export const startMortalRedis = async (dataDir: string): Promise<MortalRedis> => {
  const serverBin = process.env.REDIS_SERVER_BIN ?? (await findTestServer());
  const start = (): Promise<EmbeddedRedis> =>
    startEmbeddedRedis({ dataDir, serverBin, path: process.env.PATH, allowDownload: false });
  let redis = await start();
  const counts = { kills: 0, restarts: 0, fills: 0 };
  let upSinceMs: number | undefined = performance.now();
  return {
    url: redis.url,
    killAndRestart: async (awayMs) => {
      // Only a server that this process started has a pid file to be trusted.
      if (!redis.started) throw new Error("somebody else started this Redis");
      upSinceMs = undefined;
      process.kill(Number(await readFile(join(dataDir, "redis/redis.pid"), "utf8")), "SIGKILL");
      await pause(awayMs);
      redis = await start();
      counts.kills += 1;
      upSinceMs = performance.now();
    },
    restart: async (awayMs) => {
      upSinceMs = undefined;
      await redis.stop();
      await pause(awayMs);
      redis = await start();
      counts.restarts += 1;
      upSinceMs = performance.now();
    },
    fill: async (fullMs) => {
      const client = await connectRedis(redis.url, { whenAway: "wait", name: "chaos-filler" });
      upSinceMs = undefined;
      await client.config("SET", "maxmemory", "1");
      await pause(fullMs);
      await client.config("SET", "maxmemory", "0");
      await closeRedis(client);
      counts.fills += 1;
      upSinceMs = performance.now();
    },
    counts: () => ({ ...counts }),
    wasUpSince: (ms) => upSinceMs !== undefined && upSinceMs <= ms,
    stop: () => redis.stop(),
  };
};
