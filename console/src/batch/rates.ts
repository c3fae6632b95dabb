import type { BatchWithFailures } from "../api/resources.ts";

type Sample = BatchWithFailures["samples"][number];

/** What installs ended in; `unknown`: samples of an earlier version do not say. */
export const ends = ["completed", "failed", "cancelled", "unknown"] as const;

type End = (typeof ends)[number];

/** The pace up to a moment: installs that ended so, a second. */
export interface Rate extends Readonly<Record<End, number>> {
  /** ISO 8601. */
  readonly at: string;
}

const countsOf = ({ ended, failed, cancelled }: Sample): Readonly<Record<End, number>> =>
  failed === undefined || cancelled === undefined
    ? { completed: 0, failed: 0, cancelled: 0, unknown: ended }
    : { completed: ended - failed - cancelled, failed, cancelled, unknown: 0 };

const withoutOutcomes = ({ at, ended }: Sample): Sample => ({ at, ended });

/** The pace between each two samples. A retry of rows takes back their ends, which is no pace. */
export const ratesOf = (samples: readonly Sample[]): readonly Rate[] =>
  samples.slice(1).flatMap((sample, index): readonly Rate[] => {
    const before = samples[index];
    if (before === undefined) return [];
    const { at } = sample;
    const seconds = (Date.parse(at) - Date.parse(before.at)) / 1000;
    if (seconds <= 0) return [];
    const isKnown = before.failed !== undefined && sample.failed !== undefined;
    const [then, now] = [before, sample].map((each) => countsOf(isKnown ? each : withoutOutcomes(each)));
    if (then === undefined || now === undefined) return [];
    const rate = (end: End): number => Math.max(0, now[end] - then[end]) / seconds;
    return [
      {
        at,
        completed: rate("completed"),
        failed: rate("failed"),
        cancelled: rate("cancelled"),
        unknown: rate("unknown"),
      },
    ];
  });
