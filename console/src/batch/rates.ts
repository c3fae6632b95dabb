import type { BatchWithFailures } from "../api/resources.ts";

/** The pace up to a moment. */
export interface Rate {
  /** Seconds since 1970. */
  readonly atSeconds: number;
  readonly perSecond: number;
}

/** The pace between each two samples. */
export const ratesOf = (samples: BatchWithFailures["samples"]): readonly Rate[] =>
  samples.slice(1).flatMap(({ at, ended }, index): readonly Rate[] => {
    const before = samples[index];
    if (before === undefined) return [];
    const seconds = (Date.parse(at) - Date.parse(before.at)) / 1000;
    if (seconds <= 0) return [];
    return [{ atSeconds: Date.parse(at) / 1000, perSecond: Math.max(0, ended - before.ended) / seconds }];
  });
