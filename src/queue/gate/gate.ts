import { hash } from "node:crypto";
import { comparableNumber } from "../../install/values/phone-number.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";
import { type Budget, gcra } from "./budget.ts";
import type { Band } from "./fair-priorities.ts";
import type { Hold } from "./holds.ts";
import { askGate, countCreate, takeBackCreate } from "./scripts.ts";

/** Whether a run may send its create now. */
export type Passage =
  /** Yes, for `lockMs` by a monotonic clock: then the lock may be another run's. The create is counted. */
  | {
      readonly kind: "go";
      readonly lockMs: number;
      readonly create: CountedCreate;
      /** This create probes whether the workspace's hold is over; report its result to `HeldInstalls.lift`. */
      readonly isProbe?: boolean;
    }
  | { readonly kind: "lock_lost" }
  | { readonly kind: "cancelled" }
  /** Another install stands for the number by now. */
  | { readonly kind: "replaced"; readonly byId: string }
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
  /** The phone id and the workspace it was for, as short digests. */
  readonly by: string;
}

export interface PassedRun {
  readonly runNumber: number;
  readonly atMs: number;
}

interface Create {
  readonly installId: string;
  readonly token: string;
  readonly runNumber: number;
  readonly workspaceId: string;
  readonly phoneId: string;
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
  /** The latest run of an install that may have sent a create, and when it passed; undefined: none has. */
  lastPassed(installId: string): Promise<PassedRun | undefined>;
  /** Whether the install was cancelled, for runs that do not reach `ask`, which checks it too. */
  isCancelled(installId: string): Promise<boolean>;
  /** Bird clearly refused: the create does not count. */
  takeBack(create: CountedCreate): Promise<void>;
}

/** Of a workspace's POST budget, what is kept for its single installs while a batch takes all it can. */
const keptShare = 0.2;

/**
 * The gate every create passes, fleet-wide. Creates of a number are counted in the home, whatever workspaces they are
 * for; an install of another shard asks there once everything else is well.
 *
 * A number may be created `numberMaxCreates` times for a workspace, and as often with a phone id over all workspaces.
 * Perch cannot verify that a number belongs to a phone id, so requests of others with their own phone ids must not use
 * up a number's budget.
 */
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
  const home = keys.home();
  const windowOf = (atMs: number): number => Math.floor(atMs / deps.numberWindowMs);
  /** The creates of a number in this window of time and the one before. */
  const createsOf = (shard: Keys, { phoneNumber, atMs }: Pick<CountedCreate, "phoneNumber" | "atMs">) => ({
    creates: shard.creates(windowOf(atMs), phoneNumber),
    createsBefore: shard.creates(windowOf(atMs) - 1, phoneNumber),
  });

  /** Counts a create of an install that is not in the home, if its number has one left. */
  const count = async (create: CountedCreate, lockMs: number): Promise<Passage> => {
    const askedAtMs = performance.now();
    const { phoneNumber, atMs, by } = create;
    const nextAtMs = await countCreate(client, {
      ...createsOf(home, create),
      phoneNumber,
      by,
      atMs,
      createsMax: deps.numberMaxCreates,
      windowMs: deps.numberWindowMs,
    });
    return nextAtMs === ""
      ? { kind: "go", lockMs: lockMs - (performance.now() - askedAtMs), create }
      : { kind: "exhausted", nextAtMs: Number(nextAtMs) };
  };

  return {
    ask: async ({
      installId,
      token,
      runNumber,
      workspaceId,
      phoneId,
      phoneNumber,
      slotMs,
      band,
      batchId,
      canary,
    }) => {
      const atMs = now();
      const by = createdBy({ phoneId, workspaceId });
      const create = { phoneNumber: comparableNumber(phoneNumber), atMs, by };
      const shard = keys.ofInstall(installId);
      const [answer, value, reason] = await askGate(client, {
        lock: shard.lock(installId),
        hold: shard.hold(workspaceId),
        budget: shard.budget("post", workspaceId),
        kept: shard.budget("post-kept", workspaceId),
        ...createsOf(shard, create),
        job: shard.job(installId),
        batch: shard.batch(batchId ?? ""),
        claim: shard.claim(workspaceId, phoneId),
        installId,
        token,
        phoneNumber: create.phoneNumber,
        by,
        band,
        batchRole: batchRoleOf({ batchId, canary }),
        isHome: shard === home ? 1 : 0,
        runNumber,
        nowMs: atMs,
        slotMs: slotMs ?? 0,
        createsMax: deps.numberMaxCreates,
        windowMs: deps.numberWindowMs,
        stepMs: shared.stepMs,
        burst: shared.burst,
        keptStepMs: kept.stepMs,
        keptBurst: kept.burst,
      });
      switch (answer) {
        case "go": {
          const lockMs = Number(value);
          const passage =
            shard === home ? { kind: "go" as const, lockMs, create } : await count(create, lockMs);
          return reason === "probe" && passage.kind === "go" ? { ...passage, isProbe: true } : passage;
        }
        case "lost":
          return { kind: "lock_lost" };
        case "cancelled":
          return { kind: "cancelled" };
        case "replaced":
          return { kind: "replaced", byId: value };
        case "paused":
          return { kind: "paused" };
        case "held":
          return { kind: "held", hold: holdOf(reason, Number(value)) };
        case "exhausted":
          return { kind: "exhausted", nextAtMs: Number(value) };
        case "wait":
          return { kind: "wait", slotMs: Number(value) };
      }
    },
    lastPassed: async (installId) => {
      const passed = await client.hget(keys.ofInstall(installId).job(installId), "passed");
      const [runNumber, atMs] = (passed ?? "").split(":").map(Number);
      return atMs === undefined ? undefined : { runNumber: Number(runNumber), atMs };
    },
    isCancelled: async (installId) =>
      (await client.hexists(keys.ofInstall(installId).job(installId), "cancelAt")) === 1,
    takeBack: async ({ phoneNumber, atMs, by }) => {
      await takeBackCreate(client, {
        creates: home.creates(windowOf(atMs), phoneNumber),
        phoneNumber,
        atMs,
        by,
      });
    },
  };
};

/** Short, because it is kept with every create; digits alone would be taken for a time. */
const createdBy = ({ phoneId, workspaceId }: Pick<Create, "phoneId" | "workspaceId">): string =>
  [phoneId, workspaceId.toLowerCase()].map((id) => hash("sha256", id, "base64url").slice(0, 12)).join(":");

/** What the script knows a create by: on its own, of a batch, or of a batch's canary. */
const batchRoleOf = ({ batchId, canary }: Pick<Create, "batchId" | "canary">): "" | "canary" | "batch" => {
  if (batchId === undefined) return "";
  return canary === true ? "canary" : "batch";
};

const holdOf = (reason: string, untilMs: number): Hold => ({
  reason: reason === "unauthorized" ? "unauthorized" : "rate_limited",
  untilMs,
});
