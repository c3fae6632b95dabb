/** Whether one more call of a workspace fits now; takes the place when it does. */
export type RateLimit = (workspaceId: string) => boolean;

/**
 * A token bucket per workspace that holds one second's worth. `perSecond` 0 switches the limit off.
 *
 * @see https://docs.bird.com/api/channels-api/rate-limit
 */
export const createRateLimit = ({
  perSecond,
  now,
}: {
  readonly perSecond: number;
  readonly now: () => number;
}): RateLimit => {
  if (perSecond === 0) return () => true;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return (workspaceId) => {
    const atMs = now();
    const bucket = buckets.get(workspaceId);
    if (bucket === undefined) {
      buckets.set(workspaceId, { tokens: perSecond - 1, atMs });
      return true;
    }
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((atMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = atMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
};
