export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
  readonly random?: () => number;
}

/**
 * Returns the pause before the next try, ms: exponential with full jitter, so that installs refused together do not
 * retry together.
 *
 * @param tries Number of failed tries, from 1.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const backoffMs = (tries: number, { baseMs, capMs, random = Math.random }: Backoff): number =>
  Math.max(1, Math.round(random() * Math.min(capMs, baseMs * 2 ** (tries - 1))));
