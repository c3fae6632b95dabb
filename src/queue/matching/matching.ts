import type { RedisClient } from "../../redis/client.ts";
import type { InstallData } from "../installs/data.ts";
import { indexTimes } from "../installs/list.ts";
import type { InstallsQueues } from "../installs/queue.ts";
import { matchedText, timelineLine } from "../installs/timeline.ts";
import type { Keys } from "../keyspace/keys.ts";
import { type Arrivals, createArrivals } from "./arrivals.ts";
import { bindConnector, expireKept, leaveEventUnused, lookAfterPark, takeStoredEvent } from "./scripts.ts";
import { createUnmatchedEvents } from "./unmatched.ts";
import { createWake, type Wake } from "./wake.ts";

/** The result of binding a connector to an install. */
type Binding =
  /** `taken`: the event was here already, and what taking it came to. */
  | { readonly kind: "bound"; readonly taken: Taken | undefined }
  /** Bound and parked: there is no event yet. */
  | { readonly kind: "parked" }
  /** A run before has bound another connector: this one is a duplicate at Bird. An incident. */
  | { readonly kind: "install_has_other"; readonly connectorId: string }
  /** The connector belongs to another install that is live or completed. A failed one gives it up. */
  | { readonly kind: "connector_has_other"; readonly installId: string }
  /** The connector was deleted at Bird by an uninstall. */
  | { readonly kind: "connector_gone" }
  | { readonly kind: "install_gone" };

export interface StoredChannel {
  readonly channelId: string;
  readonly status: string | undefined;
  readonly isUsable: boolean;
  /** When Perch took the event, Unix ms. */
  readonly arrivedAtMs: number;
}

/** What taking an install's event came to. */
export interface Taken {
  readonly channel: StoredChannel | undefined;
  readonly isCancelled: boolean;
  /** The install that owns the connector: if another, nothing was taken. */
  readonly ownerId: string;
}

export interface Matching extends Pick<Arrivals, "arrive" | "markUnmatched"> {
  /**
   * An event that is here already is taken in the same instant, on the same terms as by `take`. If there is none, the
   * install is parked in the same instant when `parkUntilMs` is given.
   */
  bind(binding: {
    installId: string;
    connectorId: string;
    token: string;
    data: InstallData;
    parkUntilMs?: number;
  }): Promise<Binding>;
  take(install: {
    connectorId: string;
    workspaceId: string;
    phoneId: string;
    installId: string;
    token: string;
  }): Promise<Taken>;
  /** The install has ended otherwise than by its event: what was kept for it may expire. */
  release(install: {
    connectorId: string | undefined;
    workspaceId: string;
    phoneId: string;
    installId: string;
    channelId?: string | undefined;
  }): Promise<void>;
  /**
   * Whether a parked install has to run again at once: an event is stored and not consumed, or the
   * install was cancelled.
   */
  hasNews(install: { installId: string; connectorId: string | undefined }): Promise<boolean>;
  /** The install that owns each connector, undefined where none does. All in the shard of the install named. */
  ownersOf(installId: string, connectorIds: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Drops the event of an ended install; the timeline records a channel that the install does not show. */
  leaveUnused(installId: string, connectorId: string): Promise<void>;
  /** Connectors of unmatched events that came from this workspace and name this number; newest first. */
  findUnmatched(workspaceId: string, phoneNumber: string): Promise<readonly string[]>;
  readonly wake: Wake;
}

/** Priority of an install that has its connector: ahead of all that have not. */
export const wakePriority = 1;

/**
 * Joins Bird's event to its install by connector id, whichever comes first.
 *
 * Race-free because each side writes first and looks second. Worker: bind, park, then look for an event.
 * Webhook: store the event, then look for the install and wake it. If the wake finds the install not parked
 * yet, the event was stored before the park, so the look after the park sees it. A process killed between its
 * write and its look leaves the connector in `arrived`, where the sweep finds it.
 *
 * `conn:<connector>` names the one install that owns the connector. Whatever binds, wakes, heals, retries, uninstalls or
 * erases asks it in the same script. An event that is not its owner's, because it came to another workspace's address
 * or no install owns the connector, is stored separately with its workspace and does not affect other workspaces.
 */
export const createMatching = (deps: {
  readonly client: RedisClient;
  readonly queues: InstallsQueues;
  readonly keys: Keys;
  /** How long events and bindings are kept, ms. */
  readonly retentionMs: number;
  readonly now?: () => number;
  /** The same moment by the clock by which BullMQ moves parked jobs on. Default: `now`. See `redis-clock.ts`. */
  readonly fastest?: () => number;
}): Matching => {
  const { client, queues, keys, retentionMs } = deps;
  const now = deps.now ?? Date.now;
  const fastest = deps.fastest ?? now;
  const wake = createWake({ client, queues, keys });
  const arrivals = createArrivals({ client, keys, retentionMs, now });

  /** What `takeEvent` of `scripts.ts` uses. */
  const takeInputs = ({
    connectorId,
    workspaceId,
    phoneId,
    installId,
    token,
  }: Parameters<Matching["take"]>[0]) => {
    const shard = keys.ofInstall(installId);
    return {
      conn: shard.connector(connectorId),
      arrived: shard.arrived,
      logs: shard.logs(installId),
      claim: shard.claim(workspaceId, phoneId),
      lock: shard.lock(installId),
      job: shard.job(installId),
      statuses: shard.statuses,
      connectorId: connectorId.toLowerCase(),
      ttlMs: retentionMs,
      entry: timelineLine(now(), matchedText),
      installId,
      token,
    };
  };

  const take: Matching["take"] = async (install) =>
    taken(...(await takeStoredEvent(client, takeInputs(install))));

  /** Moves the event of an install just bound, if it waited in another shard. */
  const moveUnrouted = async (install: Parameters<Matching["take"]>[0]): Promise<boolean> =>
    (await arrivals.moveUnrouted(keys.ofInstall(install.installId), install)) === "moved";

  return {
    bind: async ({ installId, connectorId, token, data, parkUntilMs }) => {
      const { workspaceId, phoneId } = data.request;
      const shard = keys.ofInstall(installId);
      const install = { connectorId, workspaceId, phoneId, installId, token };
      const [answer, other, ...rest] = await bindConnector(client, {
        ...takeInputs(install),
        unmatched: shard.unmatched,
        eventOfWorkspace: shard.unmatchedEvent(workspaceId, connectorId),
        listOfWorkspace: shard.unmatchedOf(workspaceId),
        eventOfNone: shard.unmatchedEvent("", connectorId),
        listOfNone: shard.unmatchedOf(""),
        data: JSON.stringify(data),
        priority: wakePriority,
        jobKeyPrefix: shard.job(""),
        workspaceId,
        parkedAtMs: fastest(),
        parkedForMs: parkUntilMs === undefined ? "" : Math.max(0, parkUntilMs - now()),
      });
      switch (answer) {
        case "parked":
          if (await moveUnrouted(install)) await wake(installId, { eventOf: connectorId });
          return { kind: answer };
        case "bound":
          if (other !== "") return { kind: answer, taken: taken(other, ...rest) };
          return { kind: answer, taken: (await moveUnrouted(install)) ? await take(install) : undefined };
        case "install_has_other":
          return { kind: answer, connectorId: other };
        case "connector_has_other":
          return { kind: answer, installId: other };
        case "connector_gone":
        case "install_gone":
          return { kind: answer };
      }
    },
    arrive: arrivals.arrive,
    markUnmatched: arrivals.markUnmatched,
    take,
    release: async ({ connectorId, workspaceId, phoneId, installId, channelId }) => {
      const shard = keys.ofInstall(installId);
      if (channelId !== undefined && connectorId !== undefined) {
        const { window, keptMs } = indexTimes(retentionMs, now());
        const channels = shard.lookup("channel", window, channelId);
        await client.hset(channels, channelId, connectorId.toLowerCase());
        await client.pexpire(channels, keptMs);
      }
      await expireKept(client, {
        claim: shard.claim(workspaceId, phoneId),
        conn: shard.connector(connectorId ?? ""),
        statuses: shard.statuses,
        installId,
        ttlMs: retentionMs,
      });
    },
    hasNews: async ({ installId, connectorId }) => {
      const shard = keys.ofInstall(installId);
      const answer = await lookAfterPark(client, {
        arrived: shard.arrived,
        job: shard.job(installId),
        connectorId: connectorId?.toLowerCase() ?? "",
      });
      return answer === 1;
    },
    ownersOf: async (installId, connectorIds) => {
      const shard = keys.ofInstall(installId);
      const owners = await Promise.all(connectorIds.map((id) => client.hget(shard.connector(id), "job")));
      return owners.map((owner) => owner ?? undefined);
    },
    leaveUnused: async (installId, connectorId) => {
      const shard = keys.ofInstall(installId);
      const id = connectorId.toLowerCase();
      await leaveEventUnused(client, {
        conn: shard.connector(id),
        arrived: shard.arrived,
        logs: shard.logs(installId),
        job: shard.job(installId),
        connectorId: id,
        entry: timelineLine(now(), ""),
      });
    },
    findUnmatched: createUnmatchedEvents({ client, keys }).connectorsFrom,
    wake,
  };
};

const taken = (
  ...[channelId, status, usable, cancelled, at, ownerId]: Awaited<ReturnType<typeof takeStoredEvent>>
): Taken => ({
  channel:
    channelId === ""
      ? undefined
      : {
          channelId,
          status: status === "" ? undefined : status,
          isUsable: usable === "1",
          arrivedAtMs: Number(at),
        },
  isCancelled: cancelled === 1,
  ownerId,
});
