import type { Check } from "./check.ts";
import { eachServer } from "./each-server.ts";
import { ok, warn } from "./finding.ts";

const pings = 11;
const latencyMaxMs = 20;

/** How long one command takes, there and back. */
export const redisLatencyCheck: Check = {
  id: "redis_latency",
  run: eachServer(async ({ client }) => {
    const tookMs: number[] = [];
    for (let count = 0; count < pings; count += 1) {
      const startMs = performance.now();
      await client.ping();
      tookMs.push(performance.now() - startMs);
    }
    const median = tookMs.toSorted((a, b) => a - b)[Math.floor(pings / 2)] ?? 0;
    const text = `Redis answers a PING in ${median.toFixed(1)} ms (median of ${pings})`;
    return median > latencyMaxMs
      ? warn(
          `${text}: every install takes some dozen commands.`,
          "Run Perch near its Redis (REDIS_URL), in the same region and network.",
        )
      : ok(`${text}.`);
  }),
};
