import { type Stats, type StatsHour, statsFlushMs } from "../../install/stats.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import { oneAtATime } from "../../redis/bounded.ts";
import { readRedisInfo } from "../../redis/check.ts";
import { type RedisClient, serversOf } from "../../redis/client.ts";
import { createTtlCache } from "../../redis/ttl-cache.ts";
import type { Keys } from "../keyspace/keys.ts";
import { findProcesses } from "../keyspace/shard-users.ts";
import { countEnds, finishAtPace } from "../maintenance/finish-estimate.ts";
import { createReadFleet, type FleetState } from "../maintenance/fleet-state.ts";
import { createReadHour } from "./read-hour.ts";

/** How long the present is returned again, ms. */
const presentKeptMs = 1000;
/** The same for an hour that is over: only a retry, an erasure and the retention change it. */
const pastKeptMs = 60_000;

const hourMs = 3_600_000;

/** Reads the state of the fleet, and its last hours. @param hours 1 to `statsHoursMax`. */
export type ReadStats = (options: { readonly hours: number }) => Promise<Stats>;

/**
 * Any number of callers in a process cost Redis one read a second of what is now, and one a minute of each hour that is
 * over.
 */
export const createReadStats = (deps: { readonly client: RedisClient; readonly keys: Keys }): ReadStats => {
  const { client, keys } = deps;
  let nowMs = 0;
  const readFleet = createReadFleet({ client, keys, now: () => nowMs });
  const readPresent = oneAtATime(
    async () => {
      const [seconds, micros] = await client.time();
      nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
      const [fleet, endedLastMinute, processes, redis] = await Promise.all([
        readFleet(),
        countEnds({ client, keys }, nowMs),
        findProcesses({ client, keys }),
        Promise.all(serversOf(client).map(readMemory)),
      ]);
      return {
        atMs: nowMs,
        now: {
          ...viewFleet(fleet),
          pace: paceOf(fleet, endedLastMinute),
          processes: processes.map(({ seenMs, ...each }) => ({ ...each, seenAt: isoTime(seenMs) })),
          redis: redis.flat(),
        },
      };
    },
    { youngMs: presentKeptMs, now: () => performance.now() },
  );
  const readHour = createReadHour({ client, keys });
  const read = (hour: string): Promise<Omit<StatsHour, "isOver">> => readHour(Number(hour));
  const present = createTtlCache({ read, keptMs: presentKeptMs });
  const past = createTtlCache({ read, keptMs: pastKeptMs });

  return async ({ hours }) => {
    const { atMs, now } = await readPresent();
    const thisHour = Math.floor(atMs / hourMs);
    const read = async (_: unknown, ago: number): Promise<StatsHour> => {
      const hour = thisHour - ago;
      const isOver = ago > 0;
      return { ...(await (isOver ? past : present).get(String(hour))), isOver };
    };
    const found = await Promise.all(Array.from({ length: hours }, read));
    return { at: isoTime(atMs), now, hours: found.toReversed(), countedEveryMs: statsFlushMs };
  };
};

const viewFleet = ({ installs, oldestMs, events, ...fleet }: FleetState) => {
  const { paused, ...byStatus } = installs;
  const { queued, submitting, awaiting_channel, retrying, held } = installs;
  const { parked: overdue, ...oldest } = oldestMs;
  return {
    inFlight: queued + paused + submitting + awaiting_channel + retrying + held,
    installs: { ...byStatus, queued: queued + paused },
    paused,
    oldestMs: { ...oldest, overdue },
    heldWorkspaces: fleet.holds,
    events: { unmatched: events.unmatched, notConsumed: events.not_consumed, unreadable: events.unreadable },
    notifications: fleet.notifications,
    batches: fleet.batches,
  };
};

const paceOf = ({ runs }: FleetState, endedLastMinute: number): Stats["now"]["pace"] => {
  const finishMs = finishAtPace(runs.waiting, endedLastMinute);
  return { endedLastMinute, ready: runs.waiting, ...(finishMs !== undefined && { finishMs }) };
};

/** None where the user of REDIS_URL may not ask. */
const readMemory = async (server: ReturnType<typeof serversOf>[number]): Promise<Stats["now"]["redis"]> => {
  const { used_memory, maxmemory } = await readRedisInfo(server).catch((): Record<string, string> => ({}));
  if (used_memory === undefined) return [];
  const limitBytes = Number(maxmemory ?? 0);
  const name = `${server.options.host}:${server.options.port}`;
  return [{ server: name, usedBytes: Number(used_memory), ...(limitBytes > 0 && { limitBytes }) }];
};
