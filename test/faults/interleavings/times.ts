/** Times of the model, ms. A call outlives a lock, so that waiting for it to be over matters. */
export const times = {
  startMs: 1_000_000,
  lockMs: 30_000,
  callMs: 60_000,
  /** How long Bird's list may miss a connector; the second look comes later. */
  listLagMs: 8000,
  firstPollMs: 70_000,
  deadlineMs: 70_000,
  retentionMs: 7 * 86_400_000,
} as const;

export const lookDelaysMs: readonly number[] = [0, 10_000];
