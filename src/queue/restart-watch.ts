import type { RedisClient } from "../redis/redis-client.ts";
import { doubtUntil } from "./doubt-until.ts";
import type { Keys } from "./keys.ts";

/** What Redis may have forgotten of what it had acknowledged. */
export interface Forgotten {
  /** An install queued before this may have had a run nobody remembers. 0: none. Unix ms. */
  readonly atMs: number;
  /**
   * Until then a request may come again whose install went with what a backup does not have: its number is looked for
   * before it is created. 0: no backup was restored. Unix ms.
   */
  readonly doubtUntilMs: number;
}

export interface RestartWatch {
  /** What the Redis that holds an install may have forgotten. */
  readonly forgotten: (installId: string) => Promise<Forgotten>;
  /** Writes down that this process is at work on this data now, and looks at the server anew. */
  readonly beat: () => Promise<void>;
}

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now: () => number;
  /** Told when the doubt about a restored backup begins, Unix ms, and when it ends: 0. */
  readonly onDoubt?: ((restoredMs: number) => void) | undefined;
}

/** How often a process that may create says that it is at work. */
const beatEveryMs = 5000;

/**
 * How much older than the start of its server the last beat may be without a backup being suspected, and how much
 * older than the last beat of all a process's own may be for it to have been connected until then: each process beats
 * every five seconds. Backups are at least that old before they are restored.
 */
const forgivenMs = 2 * beatEveryMs;

/** How long an answer is believed: people may end the looks, and another worker may have noticed what this one has not. */
const believedMs = 60_000;

/**
 * Knows when Redis may last have forgotten acknowledged writes.
 *
 * - A server that starts forgets its last second or two, unless it runs with `appendfsync always`.
 * - A replica that is promoted may have missed its master's last writes. When that was nobody tells, so the
 *   first to notice writes it down; its second replication id tells that it was promoted.
 * - A restored backup has forgotten all since it was taken, whatever its server's settings. Each process that may
 *   create writes down every few seconds that it is at work. Data whose last beat is older than one that a process
 *   knows to have been acknowledged is a backup. Data that has that beat, as its last or nearly so, is no backup:
 *   the process lived through the outage, and nothing was acknowledged that is not there. A server that
 *   starts long after the last beat, with no such process, is taken for a backup until one comes or people say what it is.
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
    beat: async () => {
      await Promise.all([...watches.values()].map((watch) => watch.beat()));
    },
  };
};

/**
 * Beats for as long as a process may create, also while all it does waits for Bird or nothing waits at all.
 *
 * @returns what ends it.
 */
export const keepBeating = (beat: () => Promise<void>): (() => void) => {
  let isUnderWay = false;
  const timer = setInterval(() => {
    // While Redis is away one beat waits for it; that one will find what the server is then.
    if (isUnderWay) return;
    isUnderWay = true;
    beat()
      .catch(() => undefined)
      .finally(() => {
        isUnderWay = false;
      });
  }, beatEveryMs);
  return () => clearInterval(timer);
};

/** Each shard may be on a server of its own. */
const watchShard = (deps: Deps) => {
  const { client, keys, now } = deps;
  let known: Promise<Forgotten> | undefined;
  let askedMs = 0;
  let doubtedMs = 0;
  /** The latest beat that Redis has acknowledged to this process. */
  let seenMs = 0;

  const ask = async (): Promise<Forgotten> => {
    const [forgot, restored, alive] = await client.perchServer(
      keys.server,
      (await writesAlways(client)) ? 1 : 0,
      seenMs,
      forgivenMs,
    );
    seenMs = Math.max(seenMs, Number(alive));
    const restoredMs = Number(restored);
    if (restoredMs !== doubtedMs) deps.onDoubt?.(restoredMs);
    doubtedMs = restoredMs;
    return { atMs: Number(forgot), doubtUntilMs: doubtUntil(restoredMs) };
  };

  const askAnew = (): Promise<Forgotten> => {
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
      known === undefined || Math.abs(now() - askedMs) > believedMs ? askAnew() : known,
    beat: async (): Promise<void> => {
      await askAnew();
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
