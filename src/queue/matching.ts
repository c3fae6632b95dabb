import type { RedisClient } from "../redis/redis-client.ts";
import type { InstallData } from "./install-data.ts";
import { indexTimes } from "./install-index.ts";
import type { InstallsQueues } from "./installs-queue.ts";
import type { Keys } from "./keys.ts";
import type { ArriveResult, TakeAnswer } from "./matching-scripts.ts";
import { keepInShard } from "./placement.ts";
import { createStrayEvents } from "./stray-events.ts";
import { timelineLine } from "./timeline.ts";
import { createUnmatchedEvents } from "./unmatched-events.ts";
import { createWake, type Wake } from "./wake.ts";

/** What became of telling Redis that a connector belongs to an install. */
export type Binding =
  /** `taken`: the event was here already, and what taking it came to. */
  | { readonly kind: "bound"; readonly taken: Taken | undefined }
  /** A run before has bound another connector: this one is a duplicate at Bird. An incident. */
  | { readonly kind: "install_has_other"; readonly connectorId: string }
  /** The connector belongs to another install that is live or completed. A failed one gives it up. */
  | { readonly kind: "connector_has_other"; readonly installId: string }
  /** The connector was deleted at Bird through Perch since somebody saw it there. */
  | { readonly kind: "connector_gone" }
  | { readonly kind: "install_gone" };

/** An event, as far as matching needs it. */
export interface Arrival {
  readonly connectorId: string;
  readonly channelId: string;
  /** Bird's word, "" when it said none. */
  readonly status: string;
  readonly isUsable: boolean;
  /**
   * The workspace whose address the event came to; where the address names none, the one the event itself names. It
   * completes installs of no other. Undefined: nobody names one.
   */
  readonly workspaceId: string | undefined;
  /** What the event calls the channel: for WhatsApp probably the number. Kept for a person. */
  readonly identifier?: string | undefined;
  /** The event came to one workspace's address and names this other one: it is kept, and completes nothing. */
  readonly namedWorkspaceId?: string | undefined;
}

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

export interface Matching {
  /** An event that is here already is taken in the same instant, on the same terms as by `take`. */
  bind(binding: {
    installId: string;
    connectorId: string;
    token: string;
    data: InstallData;
  }): Promise<Binding>;
  /**
   * Stores an event durably. A 2xx is allowed once this has resolved. `wake` names the install to wake.
   *
   * @throws {ShardsError} the install may be where this process does not look: Bird has to send the event again.
   */
  arrive(arrival: Arrival): Promise<{ readonly result: ArriveResult; readonly wake: string | undefined }>;
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
   * Whether a parked install has to run again at once: an event is stored that nobody has taken, or it was
   * cancelled meanwhile.
   */
  hasNews(install: { installId: string; connectorId: string | undefined }): Promise<boolean>;
  /** The install that owns each connector, undefined where none does. All in the shard of the install named. */
  ownersOf(installId: string, connectorIds: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** The event of a connector whose install is gone, or does not hold it, becomes an unmatched one. */
  strand(shard: Keys, connectorId: string): Promise<void>;
  /** The event of an install that has ended is not waited with any longer; the timeline names a channel not shown. */
  leaveUnused(installId: string, connectorId: string): Promise<void>;
  /** Connectors of unmatched events that came from this workspace and name this number; newest first. */
  findUnmatched(workspaceId: string, phoneNumber: string): Promise<readonly string[]>;
  readonly wake: Wake;
}

/** Unmatched events kept of one workspace: more than its installs can have under way, and a few MB. */
const workspaceEventsMax = 10_000;

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
 * or nobody holds the connector, is kept by itself, among those of its workspace: it changes nothing of another's.
 */
export const createMatching = (deps: {
  readonly client: RedisClient;
  readonly queues: InstallsQueues;
  readonly keys: Keys;
  /** How long events and bindings are kept, ms. */
  readonly retentionMs: number;
  readonly now?: () => number;
}): Matching => {
  const { client, queues, keys, retentionMs } = deps;
  const now = deps.now ?? Date.now;
  const strays = createStrayEvents({ client, keys });

  /** What `takeEvent` of `matching-scripts.ts` reads. */
  const takeKeys = (install: Omit<Parameters<Matching["take"]>[0], "token">): string[] => {
    const shard = keys.ofInstall(install.installId);
    return [
      shard.connector(install.connectorId),
      shard.arrived,
      shard.logs(install.installId),
      shard.claim(install.workspaceId, install.phoneId),
      shard.lock(install.installId),
      shard.job(install.installId),
    ];
  };
  const takeArguments = ({
    connectorId,
    installId,
    token,
  }: Pick<Parameters<Matching["take"]>[0], "connectorId" | "installId" | "token">) => [
    connectorId.toLowerCase(),
    retentionMs,
    timelineLine(now(), "event from Bird matched"),
    installId,
    token,
  ];

  /** Stores an event in a shard. */
  const store = async (
    shard: Keys,
    {
      connectorId,
      channelId,
      status,
      isUsable,
      workspaceId = "",
      identifier,
      namedWorkspaceId: named,
    }: Arrival,
  ): ReturnType<Matching["arrive"]> => {
    const { window, keptMs } = indexTimes(retentionMs, now());
    const id = connectorId.toLowerCase();
    // What claims to be another workspace's has a place of its own beside what does not.
    const slot = named === undefined ? id : `${id}@${named.toLowerCase()}`;
    const origin = { workspaceId: workspaceId === "" ? undefined : workspaceId, named };
    const [result, installId] = await client.perchArrive(
      shard.connector(id),
      shard.arrived,
      shard.lookup("channel", window, channelId),
      shard.unmatchedEvent(workspaceId, slot),
      shard.unmatched,
      shard.unmatchedOf(workspaceId),
      shard.droppedEvents,
      id,
      channelId,
      status,
      isUsable ? 1 : 0,
      now(),
      retentionMs,
      keptMs,
      workspaceId,
      slot,
      named === undefined ? "" : "named_workspace",
      JSON.stringify({ ...origin, identifier }),
      JSON.stringify(origin),
      shard.job(""),
      workspaceEventsMax,
    );
    return { result, wake: installId === "" ? undefined : installId };
  };

  /** Stores an event that names no workspace: see `stray-events.ts`. */
  const storeStray = async (arrival: Arrival): ReturnType<Matching["arrive"]> => {
    const { connectorId } = arrival;
    const bound = await strays.shardOf(connectorId);
    if (bound !== undefined) return store(bound, arrival);
    const stored = await store(keys.home(), arrival);
    const meanwhile = await strays.shardOf(connectorId);
    if (meanwhile === undefined || meanwhile === keys.home()) return stored;
    const moved = await store(meanwhile, arrival);
    await strays.drop(connectorId);
    return moved;
  };

  const take: Matching["take"] = async (install) =>
    taken(...(await client.perchTake(...takeKeys(install), ...takeArguments(install))));

  /** Takes the event of an install just bound, if it waited in another shard. */
  const takeStray = async (install: Parameters<Matching["take"]>[0]): Promise<Taken | undefined> => {
    const { connectorId, installId, workspaceId } = install;
    const shard = keys.ofInstall(installId);
    const stray = await strays.find(connectorId, shard);
    if (stray === undefined) return undefined;
    await store(shard, { ...stray, connectorId, workspaceId });
    await strays.drop(connectorId);
    return take(install);
  };

  return {
    bind: async ({ installId, connectorId, token, data }) => {
      const { workspaceId, phoneId } = data.request;
      const shard = keys.ofInstall(installId);
      const [code, other, ...rest] = await client.perchBind(
        ...takeKeys({ connectorId, workspaceId, phoneId, installId }),
        shard.unmatched,
        shard.unmatchedEvent(workspaceId, connectorId),
        shard.unmatchedOf(workspaceId),
        shard.unmatchedEvent("", connectorId),
        shard.unmatchedOf(""),
        ...takeArguments({ connectorId, installId, token }),
        JSON.stringify(data),
        wakePriority,
        timelineLine(now(), "incident: Bird made a second connector", { connectorId }),
        shard.job(""),
        workspaceId,
      );
      switch (code) {
        case 0: {
          const install = { connectorId, workspaceId, phoneId, installId, token };
          return { kind: "bound", taken: other === "" ? await takeStray(install) : taken(other, ...rest) };
        }
        case 1:
          return { kind: "install_has_other", connectorId: other };
        case 2:
          return { kind: "connector_has_other", installId: other };
        case 4:
          return { kind: "connector_gone" };
        default:
          return { kind: "install_gone" };
      }
    },
    arrive: (arrival) => {
      const { workspaceId } = arrival;
      const isStray = workspaceId === undefined && keys.shards.length > 1;
      return keepInShard(deps, workspaceId, (shard) =>
        isStray ? storeStray(arrival) : store(shard, arrival),
      );
    },
    take,
    release: async ({ connectorId, workspaceId, phoneId, installId, channelId }) => {
      const shard = keys.ofInstall(installId);
      if (channelId !== undefined && connectorId !== undefined) {
        const { window, keptMs } = indexTimes(retentionMs, now());
        const channels = shard.lookup("channel", window, channelId);
        await client.hset(channels, channelId, connectorId.toLowerCase());
        await client.pexpire(channels, keptMs);
      }
      await client.perchExpire(
        shard.claim(workspaceId, phoneId),
        shard.connector(connectorId ?? ""),
        installId,
        retentionMs,
      );
    },
    hasNews: async ({ installId, connectorId }) => {
      const shard = keys.ofInstall(installId);
      return (
        (await client.perchSlipped(shard.arrived, shard.job(installId), connectorId?.toLowerCase() ?? "")) ===
        1
      );
    },
    ownersOf: async (installId, connectorIds) => {
      const shard = keys.ofInstall(installId);
      const owners = await Promise.all(connectorIds.map((id) => client.hget(shard.connector(id), "job")));
      return owners.map((owner) => owner ?? undefined);
    },
    strand: async (shard, connectorId) => {
      const event = shard.unmatchedEvent("", connectorId);
      const sets = [shard.unmatched, shard.unmatchedOf(""), shard.droppedEvents];
      const id = connectorId.toLowerCase();
      await client.perchStrand(
        ...[shard.connector(id), shard.arrived, event, ...sets],
        ...[id, now(), retentionMs, workspaceEventsMax],
      );
    },
    leaveUnused: async (installId, connectorId) => {
      const shard = keys.ofInstall(installId);
      const id = connectorId.toLowerCase();
      await client.perchLeaveUnused(
        ...[shard.connector(id), shard.arrived, shard.logs(installId), shard.job(installId)],
        ...[id, timelineLine(now(), "")],
      );
    },
    findUnmatched: createUnmatchedEvents({ client, keys }).connectorsFrom,
    wake: createWake({ client, queues, keys }),
  };
};

const taken = (...[channelId, status, usable, cancelled, at, ownerId]: TakeAnswer): Taken => ({
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
