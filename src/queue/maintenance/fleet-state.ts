import type { RedisClient } from "../../redis/client.ts";
import { createCountStatuses, type StatusCounts } from "../installs/statuses.ts";
import { type Keys, sumOfShards } from "../keyspace/keys.ts";
import { findRecheck } from "../redis-state/restart-recheck.ts";
import { createReadOldest, type OldestAges } from "./oldest-ages.ts";

/** What the whole fleet has in hand, as Redis knows it. */
export interface FleetState {
  /** Installs by status; ended ones are still kept. */
  readonly installs: StatusCounts;
  /** Installs that wait for a worker, and those in a worker's hand. */
  readonly runs: Readonly<Record<"waiting" | "active", number>>;
  readonly oldestMs: OldestAges;
  /** Events that matched no install, that their install has not taken yet, and that could not be read. */
  readonly events: Readonly<Record<"unmatched" | "not_consumed" | "unreadable", number>>;
  /** Events that were dropped to make room for others of their workspace, within the last `RETENTION_MS`. */
  readonly droppedEvents: Readonly<Record<"unmatched" | "unreadable", number>>;
  /** Workspaces held now. */
  readonly holds: Readonly<Record<"rate_limited" | "unauthorized", number>>;
  readonly notifications: Readonly<Record<"pending" | "delivered" | "dead", number>>;
  /** Outcomes of installs whose notification is not on its queue yet. */
  readonly unnotified: number;
  /** 1 while numbers are looked for before their create, because Redis may hold a restored backup. */
  readonly rechecking: number;
  /** Batches that have not finished; `halted` by their own limit, `paused` by a person. */
  readonly batches: Readonly<Record<"running" | "paused" | "halted", number>>;
}

/** Batches read to distinguish paused from running ones; the others count as running. */
const batchesMax = 100;

/**
 * Reads what the fleet has in hand: some thirty commands a shard, each of which takes Redis the same time however much
 * there is.
 */
export const createReadFleet = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now?: () => number;
}): (() => Promise<FleetState>) => {
  const { client, keys } = deps;
  const home = keys.home();
  const now = deps.now ?? Date.now;
  const readOldest = createReadOldest({ client, keys, now });

  const inAll = (count: (shard: Keys) => Promise<number>): Promise<number> => sumOfShards(keys, count);
  const countStatuses = createCountStatuses({ client, keys });

  const runs = async (): Promise<FleetState["runs"]> => {
    const [wait, prioritized, active] = await Promise.all([
      inAll((shard) => client.llen(shard.installsIn("wait"))),
      inAll((shard) => client.zcard(shard.installsIn("prioritized"))),
      inAll((shard) => client.llen(shard.installsIn("active"))),
    ]);
    return { waiting: wait + prioritized, active };
  };

  const events = async (): Promise<FleetState["events"]> => {
    const [unmatched, notConsumed, unreadable] = await Promise.all([
      inAll((shard) => client.zcard(shard.unmatched)),
      inAll((shard) => client.zcard(shard.arrived)),
      client.xlen(home.unreadable),
    ]);
    return { unmatched, not_consumed: notConsumed, unreadable };
  };

  const droppedEvents = async (): Promise<FleetState["droppedEvents"]> => {
    const dropped = async (why: string): Promise<number> =>
      inAll(async (shard) => Number(await client.hget(shard.droppedEvents, why)));
    const [unmatched, unreadable] = await Promise.all([dropped("unmatched"), dropped("unreadable")]);
    return { unmatched, unreadable };
  };

  const holds = async (): Promise<FleetState["holds"]> => {
    const [rateLimited, unauthorized] = await Promise.all([
      inAll((shard) => client.zcount(shard.heldWorkspaces("rate_limited"), `(${now()}`, "+inf")),
      inAll((shard) => client.zcount(shard.heldWorkspaces("unauthorized"), `(${now()}`, "+inf")),
    ]);
    return { rate_limited: rateLimited, unauthorized };
  };

  const notifications = async (): Promise<FleetState["notifications"]> => {
    const [pending, delivered, dead] = await Promise.all([
      client.zcard(home.pendingNotifications),
      client.zcard(home.endedNotifications("completed")),
      client.zcard(home.endedNotifications("failed")),
    ]);
    return { pending, delivered, dead };
  };

  const batches = async (): Promise<FleetState["batches"]> => {
    const open = await client.scard(home.openBatches);
    const ids = await client.srandmember(home.openBatches, batchesMax);
    const states = await Promise.all(
      ids.map((id) => client.hmget(home.batch(id), "pausedAt", "pauseReason")),
    );
    const stopped = states.filter(([pausedAt]) => pausedAt != null);
    const halted = stopped.filter(([, reason]) => reason != null).length;
    return { running: Math.max(0, open - stopped.length), paused: stopped.length - halted, halted };
  };

  return async () => {
    const [byStatus, inHand, oldestMs, seen, dropped, held, stored, unnotified, open, recheck] =
      await Promise.all([
        countStatuses(),
        runs(),
        readOldest(),
        events(),
        droppedEvents(),
        holds(),
        notifications(),
        inAll((shard) => client.zcard(shard.outbox)),
        batches(),
        findRecheck({ client, keys }, now()),
      ]);
    return {
      installs: byStatus,
      runs: inHand,
      oldestMs,
      events: seen,
      droppedEvents: dropped,
      holds: held,
      notifications: stored,
      unnotified,
      batches: open,
      rechecking: recheck === undefined ? 0 : 1,
    };
  };
};
