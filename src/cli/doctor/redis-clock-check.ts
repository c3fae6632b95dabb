import type { Check } from "./check.ts";
import { eachServer } from "./each-server.ts";
import { fail, ok, warn } from "./finding.ts";

const skewWarnMs = 1000;
const skewFailMs = 60_000;

/** Whether this machine and Redis agree on the time. */
export const redisClockCheck: Check = {
  id: "redis_clock",
  run: eachServer(async ({ client }, now) => {
    const sentMs = now();
    const [seconds, micros] = await client.time();
    const skewMs = (sentMs + now()) / 2 - (Number(seconds) * 1000 + Number(micros) / 1000);
    const text = `This machine's clock is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs < 0 ? "behind" : "ahead of"} Redis's`;
    const fix = "Synchronise both machines' clocks (NTP): holds, delays and deadlines are points in time.";
    if (Math.abs(skewMs) > skewFailMs) return fail(`${text}.`, fix);
    return Math.abs(skewMs) > skewWarnMs
      ? warn(`${text}.`, fix)
      : ok("This machine and Redis agree on the time.");
  }),
};
