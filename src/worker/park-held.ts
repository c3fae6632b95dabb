import type { Hold } from "../queue/holds.ts";
import type { Run, Step } from "./run.ts";

const reasons: Record<Hold["reason"], string> = {
  rate_limited: "held: Bird asked to slow down",
  unauthorized: "held: Bird refuses the access key",
};

/** The install waits for its workspace's hold to end, at no cost in attempts. Nothing was sent. */
export const parkHeld = (run: Run, { reason, untilMs }: Hold, what: string = reasons[reason]): Step => ({
  kind: "park",
  untilMs,
  data: { ...run.data, clean: run.number, held: reason, nextActionAtMs: untilMs },
  // Told once: a hold that lasts adds nothing to those that wait for it.
  ...(run.heldFor !== reason && { what }),
});
