import { type ChannelEvent, readChannelEvent } from "../bird/channel-event.ts";
import { isChannelUsable } from "../install/channel-readiness.ts";
import type { ChoresQueue } from "../queue/chores.ts";
import type { Keys } from "../queue/keys.ts";
import type { Matching } from "../queue/matching.ts";
import type { RedisClient } from "../queue/redis-client.ts";

/** What became of a signed event, for the log and the counters. */
export type EventResult = "matched" | "unmatched" | "duplicate" | "conflict" | "ignored";

export interface StoredEvent {
  readonly result: EventResult;
  readonly workspaceId?: string | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  /** The install to wake once the answer is out. */
  readonly wake?: string | undefined;
}

/** Signed events nobody can read are kept up to this many. */
const unreadableMax = 10_000;

/** Stores a signed event durably; once this has resolved a 2xx is due. Throws when Redis cannot take it. */
export const createStoreEvent = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly chores: ChoresQueue;
  readonly matching: Matching;
  readonly readyStatuses: readonly string[];
}) => {
  const { client, keys, chores, matching } = deps;

  const keep = async (body: Buffer, workspaceId: string | undefined): Promise<StoredEvent> => {
    const fields = ["body", body.toString("utf8"), "workspaceId", workspaceId ?? ""];
    await client.xadd(keys.home().unreadable, "MAXLEN", "~", unreadableMax, "*", ...fields);
    return { result: "ignored", workspaceId };
  };

  /** The event names its channel only: a worker asks Bird for the connector. */
  const findConnector = async (
    workspaceId: string,
    channelId: string,
    status: string,
  ): Promise<StoredEvent> => {
    await chores.add(
      "find_connector",
      { kind: "find_connector", workspaceId, channelId, status },
      { jobId: encodeURIComponent(`channel-${channelId}-${status}`) },
    );
    return { result: "unmatched", workspaceId, channelId };
  };

  const match = async (
    {
      connectorId,
      channelId,
      channelStatus,
      identifier,
    }: ChannelEvent & { connectorId: string; channelId: string },
    workspaceId: string | undefined,
  ): Promise<StoredEvent> => {
    const { result, wake } = await matching.arrive({
      connectorId,
      channelId,
      status: channelStatus ?? "",
      isUsable: isChannelUsable(channelStatus, deps.readyStatuses),
      origin: { workspaceId, identifier },
    });
    const stored = wake === undefined ? "unmatched" : "matched";
    return { result: result === "stored" ? stored : result, workspaceId, connectorId, channelId, wake };
  };

  return async (body: Buffer, pathWorkspaceId: string | undefined): Promise<StoredEvent> => {
    const event = readChannelEvent(parseJson(body));
    if (event === undefined) return keep(body, pathWorkspaceId);
    const { connectorId, channelId } = event;
    const workspaceId = event.workspaceId ?? pathWorkspaceId;
    if (connectorId !== undefined && channelId !== undefined) {
      return match({ ...event, connectorId, channelId }, workspaceId);
    }
    if (channelId !== undefined && workspaceId !== undefined) {
      return findConnector(workspaceId, channelId, event.channelStatus ?? "");
    }
    return keep(body, workspaceId);
  };
};

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};
