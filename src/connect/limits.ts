import { networkOf } from "../http/network-of.ts";

/** A token bucket: `perSecond` on average, `burst` at once. */
interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Of one address: some customers behind one router, each with a few requests. */
const ofAddress: Rate = { perSecond: 10, burst: 60 };
/** Of all addresses together, in this process. */
const ofAll: Rate = { perSecond: 300, burst: 600 };

/** Addresses that are remembered; the one that asked longest ago is forgotten first. */
const addressesMax = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Takes a request, or says how long to wait, s. */
export interface RequestLimits {
  take(address: string): number | undefined;
  /** How many addresses are remembered. */
  size(): number;
}

/** Limits requests by address and in all, in bounded memory. */
export const createRequestLimits = ({ now = () => performance.now() } = {}): RequestLimits => {
  const all: Bucket = { tokens: ofAll.burst, atMs: now() };
  const buckets = new Map<string, Bucket>();

  const fill = (bucket: Bucket, { perSecond, burst }: Rate, nowMs: number): void => {
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
  };

  const bucketOf = (address: string, nowMs: number): Bucket => {
    const known = buckets.get(address) ?? { tokens: ofAddress.burst, atMs: nowMs };
    // A map keeps the order of insertion: put in again, it is the last to be forgotten.
    buckets.delete(address);
    buckets.set(address, known);
    const oldest = buckets.keys().next();
    if (buckets.size > addressesMax && oldest.done !== true) buckets.delete(oldest.value);
    return known;
  };

  return {
    take: (address) => {
      const nowMs = now();
      const bucket = bucketOf(networkOf(address), nowMs);
      fill(bucket, ofAddress, nowMs);
      fill(all, ofAll, nowMs);
      if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / ofAddress.perSecond);
      // One address's excess is not taken from the others.
      bucket.tokens -= 1;
      if (all.tokens < 1) return Math.ceil((1 - all.tokens) / ofAll.perSecond);
      all.tokens -= 1;
      return undefined;
    },
    size: () => buckets.size,
  };
};
