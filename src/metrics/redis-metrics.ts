import type { WriteProbe } from "../queue/redis-state/write-probe.ts";
import { oneAtATime, within } from "../redis/bounded.ts";
import { redisFaultKinds } from "../redis/errors.ts";
import type { MetricsRegistry } from "./registry.ts";

/** What is watched of a connection to Redis. */
export interface WatchedRedis {
  ping(): Promise<unknown>;
  on(event: "close", listener: () => void): unknown;
  off(event: "close", listener: () => void): unknown;
}

const everyMs = 5000;
/** A scrape believes a PING this young. */
const youngMs = 1000;

/** Times a PING every five seconds, and says whether Redis answers and takes writes. */
export const watchRedis = (
  { counter, gauge, histogram }: MetricsRegistry,
  {
    client,
    probe,
    limitMs,
  }: { readonly client: WatchedRedis; readonly probe: WriteProbe | undefined; readonly limitMs: number },
) => {
  const up = gauge("perch_redis_up");
  const refuses = gauge("perch_redis_refuses");
  const losses = counter("perch_redis_losses_total");
  const seconds = histogram("perch_redis_seconds");
  const ping = oneAtATime(
    async () => {
      const startMs = performance.now();
      await client.ping();
      seconds.observe((performance.now() - startMs) / 1000);
      return true;
    },
    { youngMs, now: () => performance.now() },
  );
  const isUp = async (): Promise<boolean> => (await within(limitMs, ping())) === true;
  const showUp = async (): Promise<void> => up.set((await isUp()) ? 1 : 0);
  const showRefusal = async (): Promise<void> => {
    if (probe === undefined) return;
    const answer = await probe().catch(() => "unknown" as const);
    refuses.reset();
    // An old answer would look like a new one.
    if (answer === "unknown") return;
    for (const reason of redisFaultKinds) refuses.set({ reason }, answer?.kind === reason ? 1 : 0);
  };
  const lost = (): void => losses.inc();
  client.on("close", lost);
  const timer = setInterval(isUp, everyMs);
  timer.unref();
  return {
    isUp,
    /** To be awaited before metrics are read. */
    collect: async (): Promise<void> => {
      await Promise.all([showUp(), showRefusal()]);
    },
    close: (): void => {
      clearInterval(timer);
      client.off("close", lost);
    },
  };
};
