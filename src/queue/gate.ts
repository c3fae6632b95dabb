import type { Band } from "./fair-priorities.ts";
import type { Hold } from "./holds.ts";
import type { Keys } from "./keys.ts";
import { type Budget, gcra } from "./read-budget.ts";
import type { RedisClient } from "./redis-client.ts";

/** Whether a run may send its create now. */
export type Passage =
  /** Yes, for `lockMs` by a monotonic clock: then the lock may be another run's. The create is counted. */
  | { readonly kind: "go"; readonly lockMs: number; readonly create: CountedCreate }
  | { readonly kind: "lock_lost" }
  | { readonly kind: "cancelled" }
  /** Its batch is paused, or waits for its canary. */
  | { readonly kind: "paused" }
  | { readonly kind: "held"; readonly hold: Hold }
  /** The number was created as often as its budget allows. */
  | { readonly kind: "exhausted"; readonly nextAtMs: number }
  /** The workspace's POST budget has a place reserved at this time. */
  | { readonly kind: "wait"; readonly slotMs: number };

/** One create among those of a number. */
export interface CountedCreate {
  readonly phoneNumber: string;
  readonly atMs: number;
}

export interface Create {
  readonly installId: string;
  readonly token: string;
  readonly workspaceId: string;
  readonly phoneNumber: string;
  /** The place in the POST budget that a former "wait" reserved. */
  readonly slotMs: number | undefined;
  readonly band: Band;
  /** The batch it came with, and whether it is of that batch's canary. */
  readonly batchId?: string | undefined;
  readonly canary?: boolean | undefined;
}

export interface Gate {
  /** Asks everything there is to ask before a create, in one round trip, and counts the create. */
  ask(create: Create): Promise<Passage>;
  /** Whether somebody cancelled the install. `ask` says so too; this is for runs that do not get as far. */
  isCancelled(installId: string): Promise<boolean>;
  /** Bird clearly refused: the create does not count. */
  takeBack(create: CountedCreate): Promise<void>;
}

/** Of a workspace's POST budget, what is kept for its single installs while a batch takes all it can. */
const keptShare = 0.2;

/** The gate every create passes, fleet-wide. */
export const createGate = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** `BIRD_POSTS_PER_SECOND`, a workspace. */
  readonly postBudget: Budget;
  /** `NUMBER_MAX_CREATES` in `NUMBER_WINDOW_MS`. */
  readonly numberMaxCreates: number;
  readonly numberWindowMs: number;
  readonly now: () => number;
}): Gate => {
  const { client, keys, now } = deps;
  const { perSecond } = deps.postBudget;
  const shared = gcra({ perSecond: perSecond * (1 - keptShare) });
  const kept = gcra({ perSecond: perSecond * keptShare });
  const windowOf = (atMs: number): number => Math.floor(atMs / deps.numberWindowMs);
  return {
    ask: async ({ installId, token, workspaceId, phoneNumber, slotMs, band, batchId, canary }) => {
      const atMs = now();
      const [answer, value, reason] = await client.perchGate(
        keys.lock(installId),
        keys.hold(workspaceId),
        keys.budget("post", workspaceId),
        keys.creates(windowOf(atMs), phoneNumber),
        keys.creates(windowOf(atMs) - 1, phoneNumber),
        keys.job(installId),
        keys.batch(batchId ?? ""),
        keys.budget("post-kept", workspaceId),
        token,
        phoneNumber,
        atMs,
        slotMs ?? 0,
        shared.stepMs,
        shared.burst,
        deps.numberMaxCreates,
        deps.numberWindowMs,
        batchId === undefined ? "" : canary === true ? "canary" : "batch",
        kept.stepMs,
        kept.burst,
        band,
      );
      switch (answer) {
        case "go":
          return { kind: "go", lockMs: Number(value), create: { phoneNumber, atMs } };
        case "lost":
          return { kind: "lock_lost" };
        case "cancelled":
          return { kind: "cancelled" };
        case "paused":
          return { kind: "paused" };
        case "held":
          return {
            kind: "held",
            hold: {
              reason: reason === "unauthorized" ? "unauthorized" : "rate_limited",
              untilMs: Number(value),
            },
          };
        case "exhausted":
          return { kind: "exhausted", nextAtMs: Number(value) };
        case "wait":
          return { kind: "wait", slotMs: Number(value) };
      }
    },
    isCancelled: async (installId) => (await client.hexists(keys.job(installId), "cancelAt")) === 1,
    takeBack: async ({ phoneNumber, atMs }) => {
      await client.perchTakeBack(keys.creates(windowOf(atMs), phoneNumber), phoneNumber, atMs);
    },
  };
};
