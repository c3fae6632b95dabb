const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * The delay of each request after the failure before it; the first is sent at once. After the last one a notification is
 * given up.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (Deliverability and reliability)
 */
export const retryScheduleMs: readonly number[] = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** The longest `Retry-After` that is followed. */
const askedMaxMs = 24 * hour;

/** Random share added to a delay, so that requests that failed together are not repeated together. */
const jitter = 0.2;

/**
 * Ms until the request after this many failures; undefined when there is none left. `Retry-After` can only
 * lengthen it.
 */
export const retryDelayMs = (
  failures: number,
  options: {
    readonly scheduleMs: readonly number[];
    readonly askedMs: number | undefined;
    readonly random: () => number;
  },
): number | undefined => {
  const delayMs = options.scheduleMs[failures];
  if (delayMs === undefined) return undefined;
  const askedMs = Math.min(options.askedMs ?? 0, askedMaxMs);
  return Math.round(Math.max(delayMs, askedMs) * (1 + jitter * options.random()));
};
