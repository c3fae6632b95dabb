import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { findTestServer } from "../integration/embedded-redis-bench.ts";

/** A private Redis that is killed and comes back with what it had written. */
export interface MortalRedis {
  readonly url: string;
  /** SIGKILL, a while of nothing, and a new server on the same data. */
  killAndRestart(awayMs: number): Promise<void>;
  readonly restarts: () => number;
  /** Whether it has answered all the time since then, by the monotonic clock. */
  wasUpSince(ms: number): boolean;
  stop(): Promise<void>;
}

export const startMortalRedis = async (dataDir: string): Promise<MortalRedis> => {
  const serverBin = process.env.REDIS_SERVER_BIN ?? (await findTestServer());
  const start = (): Promise<EmbeddedRedis> =>
    startEmbeddedRedis({ dataDir, serverBin, path: process.env.PATH, allowDownload: false });
  let redis = await start();
  let restarts = 0;
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
      restarts += 1;
      upSinceMs = performance.now();
    },
    restarts: () => restarts,
    wasUpSince: (ms) => upSinceMs !== undefined && upSinceMs <= ms,
    stop: () => redis.stop(),
  };
};
