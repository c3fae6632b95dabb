import { z } from "zod";
import { repeatEvery } from "../../redis/bounded.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";

/** What Redis may have forgotten of what it had acknowledged. */
interface Forgotten {
  /** An install queued before this may have had a run that Redis has lost. 0: none. Unix ms. */
  readonly atMs: number;
  /**
   * Until then a request may come again whose install went with what a backup does not have: its number is looked for
   * before it is created. 0: no backup was restored. Unix ms.
   */
  readonly recheckUntilMs: number;
}

export interface RestartWatch {
  /** What the Redis that holds an install may have forgotten. */
  readonly forgotten: (installId: string) => Promise<Forgotten>;
  /** Records that this process uses the data now, and reads the state of the server again. */
  readonly heartbeat: () => Promise<void>;
}

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now: () => number;
  /** Called when a restored backup is suspected, with the time in Unix ms, and with 0 when that ends. */
  readonly onRestoreSuspected?: ((restoredMs: number) => void) | undefined;
}

/** Interval of the heartbeat of a process that may create, ms. */
const heartbeatEveryMs = 5000;

/**
 * How much older than the start of its server the last heartbeat may be without a backup being suspected, and how much
 * older than the last heartbeat of all a process's own may be for it to have been connected until then: each process sends a heartbeat
 * every five seconds. Backups are at least that old before they are restored.
 */
const forgivenMs = 2 * heartbeatEveryMs;

/**
 * Finds which server holds the data, and when it may have forgotten something. INFO is asked in the script, so that in a
 * cluster the node that holds the key answers for itself. Its uptime is in whole seconds, so a start is taken to be as
 * late as it can have been. With nothing written down no worker has ever been here, so only what came with a backup may
 * have been created, and no backup is restored within a second. All times are the server's own; heartbeats only go up, unless
 * the clock was set back by more than a minute. A caller whose own last heartbeat is in the data, and is the data's last or
 * nearly so, lived through what came since: no backup was restored, also when another process, which could not know, has
 * recorded a suspicion. What a restart by itself may have lost, and a backup noted before, are kept apart to go back to.
 *
 * Answers when the server may have forgotten, when a restored backup was noticed, and the last heartbeat: Unix ms or `0`.
 */
const lookAtServer = defineScript({
  name: "perchServer",
  keys: ["server"],
  args: ["isDurable", "seenMs", "forgivenMs"],
  answer: z.tuple([z.string(), z.string(), z.string(), z.string()]),
  lua: `
isDurable, seenMs, forgivenMs = isDurable == '1', tonumber(seenMs), tonumber(forgivenMs)
local info = redis.call('INFO', 'server') .. redis.call('INFO', 'replication')
local runId = string.match(info, 'run_id:(%w+)')
local uptimeS = tonumber(string.match(info, 'uptime_in_seconds:(%d+)'))
local isPromoted = string.match(info, 'master_replid2:0+%s') == nil
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local startMs = math.min(nowMs, (time[1] - uptimeS + 1) * 1000)
local known = redis.call('HMGET', server, 'runId', 'forgotMs', 'restoredMs', 'aliveMs', 'doubtedAliveMs', 'restartedMs', 'doubtedFromMs')
local forgotMs, restoredMs = tonumber(known[2] or '0'), tonumber(known[3] or '0')
local aliveMs, restartedMs = tonumber(known[4] or '0'), tonumber(known[6] or known[2] or '0')
local function isLast(beatMs) return seenMs > 0 and beatMs >= seenMs and beatMs - seenMs <= forgivenMs end
if aliveMs < seenMs - ((isPromoted or not isDurable) and forgivenMs or 0) then
  restoredMs = nowMs
  redis.call('HDEL', server, 'doubtedAliveMs')
elseif known[5] and isLast(tonumber(known[5])) then
  restoredMs = tonumber(known[7] or '0')
  forgotMs = math.max(restartedMs, restoredMs)
  redis.call('HDEL', server, 'doubtedAliveMs')
end
if known[1] ~= runId then
  if isPromoted then restartedMs = math.max(nowMs, aliveMs)
  elseif not isDurable then restartedMs = math.max(restartedMs, startMs)
  elseif not known[1] then restartedMs = startMs - 1000 end
  if known[1] and startMs - aliveMs > forgivenMs and not isLast(aliveMs) and startMs > restoredMs then
    redis.call('HSET', server, 'doubtedAliveMs', string.format('%.0f', aliveMs), 'doubtedFromMs', string.format('%.0f', restoredMs))
    restoredMs = startMs
  end
end
if aliveMs < nowMs or aliveMs > nowMs + 60000 then aliveMs = nowMs end
forgotMs = math.max(forgotMs, restartedMs, restoredMs)
local text = {}
for n, each in ipairs({forgotMs, restoredMs, aliveMs, restartedMs}) do text[n] = string.format('%.0f', each) end
redis.call('HSET', server, 'runId', runId, 'forgotMs', text[1], 'restoredMs', text[2], 'aliveMs', text[3], 'restartedMs', text[4])
return text`,
});

/** How long an answer is believed: people may end the looks, and another worker may have noticed what this one has not. */
const believedMs = 60_000;

/**
 * Knows when Redis may last have forgotten acknowledged writes.
 *
 * - A server that starts forgets its last second or two, unless it runs with `appendfsync always`.
 * - A replica that is promoted may have missed its master's last writes. The time of a promotion is not known, so
 *   the first worker to notice records it; the second replication id shows that a server was promoted.
 * - A restored backup has forgotten all since it was taken, whatever its server's settings. Each process that may
 *   create writes down every few seconds that it is at work. Data whose last heartbeat is older than one that a process
 *   knows to have been acknowledged is a backup. Data that has that heartbeat, as its last or nearly so, is no backup:
 *   the process lived through the outage, and nothing was acknowledged that is not there. A server that
 *   starts long after the last heartbeat, with no such process, is taken for a backup until one comes or people say what it is.
 *
 * Nothing else is proof: a server that starts makes a new replication id, and the one it keeps from a snapshot (Redis 7,
 * `master_replid2`) is in a backup of that snapshot too, as is whatever Perch writes into the data when it stops.
 *
 * Asks again after every lost connection, because none can happen without one, and now and then.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/replication/
 */
export const createRestartWatch = (deps: Deps): RestartWatch => {
  const watches = new Map(deps.keys.shards.map((keys) => [keys, watchShard({ ...deps, keys })]));
  return {
    forgotten: async (installId) => {
      const watch = watches.get(deps.keys.ofInstall(installId));
      if (watch === undefined) throw new RangeError("a watch for every shard");
      return watch.forgotten();
    },
    heartbeat: async () => {
      await Promise.all([...watches.values()].map((watch) => watch.heartbeat()));
    },
  };
};

/**
 * Sends heartbeats for as long as a process may create, also while it waits for Bird or is idle.
 *
 * @returns what ends it.
 */
export const keepHeartbeat = (heartbeat: () => Promise<void>): (() => void) =>
  // While Redis is unreachable, one heartbeat waits for it and then reads the state of the server.
  repeatEvery(heartbeatEveryMs, heartbeat);

/** Each shard may be on a server of its own. */
const watchShard = (deps: Deps) => {
  const { client, keys, now } = deps;
  let known: Promise<Forgotten> | undefined;
  let askedMs = 0;
  let suspectedMs = 0;
  /** The latest heartbeat that Redis has acknowledged to this process. */
  let seenMs = 0;

  const ask = async (): Promise<Forgotten> => {
    const [forgot, restored, alive] = await lookAtServer(client, {
      server: keys.server,
      isDurable: (await writesAlways(client)) ? 1 : 0,
      ...{ seenMs, forgivenMs },
    });
    seenMs = Math.max(seenMs, Number(alive));
    const restoredMs = Number(restored);
    if (restoredMs !== suspectedMs) deps.onRestoreSuspected?.(restoredMs);
    suspectedMs = restoredMs;
    return { atMs: Number(forgot), recheckUntilMs: recheckUntil(restoredMs) };
  };

  const askAgain = (): Promise<Forgotten> => {
    const asking = ask();
    known = asking;
    askedMs = now();
    asking.catch(() => {
      if (known === asking) known = undefined;
    });
    return asking;
  };

  // In a cluster a lost connection is a lost node.
  for (const loss of ["close", "-node"]) {
    client.on(loss, () => {
      known = undefined;
    });
  }
  return {
    forgotten: (): Promise<Forgotten> =>
      known === undefined || Math.abs(now() - askedMs) > believedMs ? askAgain() : known,
    heartbeat: async (): Promise<void> => {
      await askAgain();
    },
  };
};

/**
 * Asked on the connection, because a script may not; all nodes of a cluster are run alike. A server that refuses
 * CONFIG, as managed ones do, counts as one that may forget.
 */
const writesAlways = async (client: RedisClient): Promise<boolean> => {
  try {
    const settings = await client.config("GET", "append*");
    const text = JSON.stringify(settings);
    return /"appendonly"[,:]"yes"/.test(text) && /"appendfsync"[,:]"always"/.test(text);
  } catch {
    return false;
  }
};

/** How long after a backup was restored requests are expected to come again. */
export const recheckMs = 24 * 3_600_000;

/** Until when numbers are looked for before they are created, because of a backup noticed then; 0 without one. Unix ms. */
export const recheckUntil = (restoredMs: number): number => (restoredMs === 0 ? 0 : restoredMs + recheckMs);
