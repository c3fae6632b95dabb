import { networkOf } from "../../http/network-of.ts";
import { ProblemError } from "../../http/problem.ts";

const windowMs = 60_000;
/** Wrong keys of one address a minute. */
const addressMax = 10;
/** Wrong keys of all addresses a minute, and right ones as many. */
const allMax = 600;

/**
 * Limits sign-ins in this process; nothing of it is stored. Wrong keys do not use up what right ones have: behind a proxy
 * all browsers share its address, and wrong keys of one would keep the others out.
 */
export interface SignInLimit {
  /** Counts a sign-in with a right key. @throws {ProblemError} 429. */
  right(): void;
  /** Counts a wrong key of an address. @throws {ProblemError} 429. */
  wrong(address: string): void;
}

interface Window {
  readonly beganMs: number;
  count: number;
  /** Counts of addresses, `count` of them at most. */
  readonly ofAddress: Map<string, number>;
}

export const createSignInLimit = ({
  nowMs = () => performance.now(),
}: {
  readonly nowMs?: () => number;
} = {}): SignInLimit => {
  const windows: Partial<Record<"right" | "wrong", Window>> = {};

  /** The minute that runs, or that begins now. */
  const windowOf = (kind: "right" | "wrong"): Window => {
    const window = windows[kind];
    if (window !== undefined && nowMs() - window.beganMs < windowMs) return window;
    const begun = { beganMs: nowMs(), count: 0, ofAddress: new Map<string, number>() };
    windows[kind] = begun;
    return begun;
  };

  const refuse = (window: Window): never => {
    throw new ProblemError({
      status: 429,
      code: "too_many_requests",
      detail: "There were too many sign-ins within a minute: try again in a minute.",
      retryAfterSeconds: Math.max(1, Math.ceil((window.beganMs + windowMs - nowMs()) / 1000)),
    });
  };

  return {
    right: () => {
      const window = windowOf("right");
      if (window.count >= allMax) refuse(window);
      window.count += 1;
    },
    wrong: (address) => {
      const window = windowOf("wrong");
      const network = networkOf(address);
      const count = window.ofAddress.get(network) ?? 0;
      if (count >= addressMax || window.count >= allMax) refuse(window);
      window.count += 1;
      window.ofAddress.set(network, count + 1);
    },
  };
};
