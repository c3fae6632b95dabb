/** A slot to send to a host now, or when to ask again. */
export type Entry =
  | { readonly kind: "go"; leave(end: "answered" | "silent"): void }
  | { readonly kind: "full"; readonly delayMs: number };

interface HostLimit {
  inFlight: number;
  /** The latest request was not answered in time, or not at all. */
  isSilent: boolean;
  /** Smoothed duration of requests, ms. */
  averageMs: number;
  /** When the next request that finds the host full may get a slot, Unix ms. */
  nextMs: number;
}

/** Slots of a host that does not answer. */
const silentMax = 2;
/** Assumed duration of a host's requests before one has ended, ms. */
const unknownMs = 100;
/** Hosts remembered; beyond this the idle ones are forgotten. */
const limitsMax = 10_000;
const delayMinMs = 50;
const delayMaxMs = 60_000;

/**
 * Shares a process's slots among hosts, so that a receiver that hangs does not delay the others: a host gets four fifths of
 * the slots at most, and one that does not answer two until it answers again. A request that finds its host full gets a
 * time to try again, spaced by the host's pace.
 */
export const createHostLimits = (deps: {
  /** Slots of the process. */
  readonly concurrency: number;
  readonly now: () => number;
  readonly random: () => number;
}) => {
  const { now, random } = deps;
  const mostPlaces = Math.max(1, Math.floor(deps.concurrency * 0.8));
  const limits = new Map<string, HostLimit>();

  const leave = (host: string, limit: HostLimit, tookMs: number, end: "answered" | "silent"): void => {
    limit.inFlight -= 1;
    limit.averageMs += (tookMs - limit.averageMs) / 4;
    if (limit.isSilent && end === "answered") limit.nextMs = 0;
    limit.isSilent = end === "silent";
    // No request waits for this host, so its state is dropped.
    if (limit.inFlight === 0 && !limit.isSilent && limit.nextMs <= now()) limits.delete(host);
  };

  const open = (host: string): HostLimit => {
    if (limits.size >= limitsMax) {
      for (const [name, { inFlight }] of limits) if (inFlight === 0) limits.delete(name);
    }
    const limit = { inFlight: 0, isSilent: false, averageMs: unknownMs, nextMs: 0 };
    limits.set(host, limit);
    return limit;
  };

  return (host: string): Entry => {
    const limit = limits.get(host) ?? open(host);
    const places = limit.isSilent ? Math.min(silentMax, mostPlaces) : mostPlaces;
    const nowMs = now();
    if (limit.inFlight < places) {
      limit.inFlight += 1;
      return { kind: "go", leave: (end) => leave(host, limit, now() - nowMs, end) };
    }
    const nextMs = Math.max(limit.nextMs, nowMs) + limit.averageMs / places;
    limit.nextMs = Math.min(nextMs, nowMs + delayMaxMs);
    const delayMs = Math.max(delayMinMs, limit.nextMs - nowMs);
    return { kind: "full", delayMs: Math.round(delayMs * (1 + 0.5 * random())) };
  };
};
