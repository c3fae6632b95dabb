import type { Check } from "./check.ts";
import { failureReason } from "./failure-reason.ts";
import { fail, ok } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether anything answers at `BIRD_API_URL`; asked without the key. */
export const birdReachableCheck: Check = {
  id: "bird",
  run: async ({ greetBird }) => {
    try {
      const { status } = await greetBird();
      return status < 500
        ? ok("Bird answers at BIRD_API_URL.")
        : fail(
            `BIRD_API_URL answers HTTP ${status}.`,
            "Look at Bird's status page; if BIRD_API_URL is set, check it.",
          );
    } catch (error) {
      if (error instanceof UnmetError) throw error;
      return fail(
        `BIRD_API_URL cannot be reached (${failureReason(error)}).`,
        "Check BIRD_API_URL (https://api.bird.com unless set) and that this machine may connect out.",
      );
    }
  },
};
