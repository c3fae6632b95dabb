import { type ChannelEvent, readChannelEvent } from "../bird/channel-event.ts";
import { isChannelUsable } from "../install/channel-readiness.ts";
import type { ChoresQueue } from "../queue/chores.ts";
import type { Keys } from "../queue/keys.ts";
import type { Arrival, Matching } from "../queue/matching.ts";
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

  const keep = async (
    body: Buffer,
    { workspaceId = "", reason }: { readonly workspaceId?: string | undefined; readonly reason: string },
  ): Promise<StoredEvent> => {
    const fields = ["body", body.toString("utf8"), "workspaceId", workspaceId, "reason", reason];
    await client.xadd(keys.home().unreadable, "MAXLEN", "~", unreadableMax, "*", ...fields);
    return { result: "ignored", ...(workspaceId !== "" && { workspaceId }) };
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
    event: ChannelEvent & { readonly connectorId: string; readonly channelId: string },
    place: Pick<Arrival, "workspaceId" | "namedWorkspaceId">,
  ): Promise<StoredEvent> => {
    const { connectorId, channelId, channelStatus, identifier } = event;
    const { result, wake } = await matching.arrive({
      ...place,
      connectorId,
      channelId,
      identifier,
      status: channelStatus ?? "",
      isUsable: isChannelUsable(channelStatus, deps.readyStatuses),
    });
    const stored = wake === undefined ? "unmatched" : "matched";
    return {
      result: result === "stored" ? stored : result,
      workspaceId: place.workspaceId,
      connectorId,
      channelId,
      wake,
    };
  };

  return async (body: Buffer, pathWorkspaceId: string | undefined): Promise<StoredEvent> => {
    const event = readChannelEvent(parseJson(body));
    if (event === undefined)
      return keep(body, { workspaceId: pathWorkspaceId, reason: "it is no channel event" });
    if ("unreadable" in event) return keep(body, { workspaceId: pathWorkspaceId, reason: event.unreadable });
    const place = placeOf(event.workspaceId, pathWorkspaceId);
    const { workspaceId, namedWorkspaceId } = place;
    const { connectorId, channelId } = event;
    if (connectorId !== undefined && channelId !== undefined)
      return match({ ...event, connectorId, channelId }, place);
    if (namedWorkspaceId !== undefined) {
      const kept = await keep(body, { workspaceId, reason: `it names workspace ${namedWorkspaceId}` });
      return { ...kept, result: "conflict", channelId };
    }
    if (channelId !== undefined && workspaceId !== undefined)
      return findConnector(workspaceId, channelId, event.channelStatus ?? "");
    return keep(body, { workspaceId, reason: "it names neither connector nor channel of a workspace" });
  };
};

/**
 * Whose event it is: of the workspace whose address it came to, because that is what its key stands for. What the event
 * itself says counts where the address names none, and is a conflict where it says another.
 */
const placeOf = (
  named: string | undefined,
  ofAddress: string | undefined,
): Pick<Arrival, "workspaceId" | "namedWorkspaceId"> => ({
  workspaceId: ofAddress ?? named,
  ...(ofAddress !== undefined && named !== undefined && named !== ofAddress && { namedWorkspaceId: named }),
});

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};
