import type { FastifyRequest } from "fastify";
import { doctorProbe } from "../bird/channel-event.ts";

const probe = Buffer.from(doctorProbe);

/** A doctor sends about 30 where the signing key differs. */
const uncountedMax = 120;
const windowMs = 60_000;

/**
 * Recognises the doctor's probes, so that they are neither stored nor counted. Those beyond some in a minute are counted
 * like all others: a flood of them has to show.
 */
export const createProbeWatch = ({ now }: { readonly now: () => number }) => {
  let [count, sinceMs] = [0, Number.NEGATIVE_INFINITY];
  const uncounted = new WeakSet<FastifyRequest>();
  return {
    /** Whether the body of a request is a probe. */
    isProbe: (request: FastifyRequest, body: Buffer): boolean => {
      if (!body.equals(probe)) return false;
      if (now() - sinceMs > windowMs) [count, sinceMs] = [0, now()];
      count += 1;
      if (count <= uncountedMax) uncounted.add(request);
      return true;
    },
    /** Whether a request is a probe that leaves no trace in counters and log. */
    isUncounted: (request: FastifyRequest): boolean => uncounted.has(request),
  };
};
