import type { Check } from "./check.ts";
import { ok, warn } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

const skewMaxMs = 30_000;

/** Whether this machine's clock and Bird's agree, by the `Date` header, which counts whole seconds. */
export const birdClockCheck: Check = {
  id: "bird_clock",
  run: async ({ greetBird }) => {
    const { dateMs, atMs } = await greetBird().catch((error: unknown) => {
      throw error instanceof UnmetError ? error : new UnmetError("Bird cannot be reached.");
    });
    if (dateMs === undefined) throw new UnmetError("Bird's answer has no Date header.");
    const skewMs = atMs - (dateMs + 500);
    if (Math.abs(skewMs) <= skewMaxMs) return ok("This machine and Bird agree on the time.");
    return warn(
      `This machine's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs < 0 ? "behind" : "ahead of"} Bird's.`,
      "Synchronise this machine's clock (NTP): an event from the future is refused, and WEBHOOK_MAX_AGE_MS counts from Bird's timestamp.",
    );
  },
};
