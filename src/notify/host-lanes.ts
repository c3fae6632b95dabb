/** Leave to send to a host now, or when to ask again. */
export type Entry =
  | { readonly kind: "go"; leave(end: "answered" | "silent"): void }
  | { readonly kind: "full"; readonly delayMs: number };

interface Lane {
  inFlight: number;
  /** The latest request was not answered in time, or not at all. */
  isSilent: boolean;
  /** How long requests take, ms, smoothed. */
  averageMs: number;
  /** When the next one that finds the lane full may hope for a place, Unix ms. */
  nextMs: number;
}

/** A silent host keeps this many places. */
const silentMax = 2;
/** How long the requests of a host are taken to last before one has ended. */
const unknownMs = 100;
/** Hosts remembered; beyond this the idle ones are forgotten. */
const lanesMax = 10_000;
const delayMinMs = 50;
const delayMaxMs = 60_000;

/**
 * Shares a process's places among hosts, so that one receiver that hangs does not hold up the others: a host
 * gets four fifths of the places at most, and one that is silent two until it answers again. Who finds its
 * host full is told when to come again, each a little later than the one before, as fast as the host answers.
 */
export const createHostLanes = (deps: {
  /** Places of the process. */
  readonly concurrency: number;
  readonly now: () => number;
  readonly random: () => number;
}) => {
  const { now, random } = deps;
  const mostPlaces = Math.max(1, Math.floor(deps.concurrency * 0.8));
  const lanes = new Map<string, Lane>();

  const leave = (host: string, lane: Lane, tookMs: number, end: "answered" | "silent"): void => {
    lane.inFlight -= 1;
    lane.averageMs += (tookMs - lane.averageMs) / 4;
    if (lane.isSilent && end === "answered") lane.nextMs = 0;
    lane.isSilent = end === "silent";
    // Nobody waits for this host: what is known of it is not worth keeping.
    if (lane.inFlight === 0 && !lane.isSilent && lane.nextMs <= now()) lanes.delete(host);
  };

  const open = (host: string): Lane => {
    if (lanes.size >= lanesMax) {
      for (const [name, { inFlight }] of lanes) if (inFlight === 0) lanes.delete(name);
    }
    const lane = { inFlight: 0, isSilent: false, averageMs: unknownMs, nextMs: 0 };
    lanes.set(host, lane);
    return lane;
  };

  return (host: string): Entry => {
    const lane = lanes.get(host) ?? open(host);
    const places = lane.isSilent ? Math.min(silentMax, mostPlaces) : mostPlaces;
    const nowMs = now();
    if (lane.inFlight < places) {
      lane.inFlight += 1;
      return { kind: "go", leave: (end) => leave(host, lane, now() - nowMs, end) };
    }
    const nextMs = Math.max(lane.nextMs, nowMs) + lane.averageMs / places;
    lane.nextMs = Math.min(nextMs, nowMs + delayMaxMs);
    const delayMs = Math.max(delayMinMs, lane.nextMs - nowMs);
    return { kind: "full", delayMs: Math.round(delayMs * (1 + 0.5 * random())) };
  };
};
