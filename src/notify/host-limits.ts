/** Leave to send to a host now, or when to ask again. */
export type Entry =
  | { readonly kind: "go"; leave(end: "answered" | "silent"): void }
  | { readonly kind: "full"; readonly delayMs: number };

interface HostLimit {
  inFlight: number;
  /** The latest request was not answered in time, or not at all. */
  isSilent: boolean;
  /** How long requests take, ms, smoothed. */
  averageMs: number;
  /** When the next one that finds the host full may hope for a place, Unix ms. */
  nextMs: number;
}

/** A silent host keeps this many places. */
const silentMax = 2;
/** How long the requests of a host are taken to last before one has ended. */
const unknownMs = 100;
/** Hosts remembered; beyond this the idle ones are forgotten. */
const limitsMax = 10_000;
const delayMinMs = 50;
const delayMaxMs = 60_000;

/**
 * Shares a process's places among hosts, so that one receiver that hangs does not hold up the others: a host
 * gets four fifths of the places at most, and one that is silent two until it answers again. A request
 * that finds its host full gets a time to come again, each a little later than the one before, as fast as the host answers.
 */
export const createHostLimits = (deps: {
  /** Places of the process. */
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
    // Nobody waits for this host: what is known of it is not worth keeping.
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
