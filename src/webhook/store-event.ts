import { type ChannelEvent, readChannelEvent } from "../bird/channel-event.ts";
import { isChannelUsable } from "../install/install.ts";
import { jsonOrUndefined } from "../install/values/lenient.ts";
import type { LookUps } from "../queue/maintenance/errands.ts";
import type { Arrival } from "../queue/matching/arrivals.ts";
import type { Matching } from "../queue/matching/matching.ts";
import type { UnreadableEvents } from "../queue/matching/unreadable.ts";

/** What became of a signed event, for the log and the counters. */
export type EventResult = "matched" | "unmatched" | "duplicate" | "conflict" | "ignored";

export interface StoredEvent {
  readonly result: EventResult;
  readonly workspaceId?: string | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  /** The install whose event it is: to wake once the answer is out, unless it is woken already. */
  readonly wake?: string | undefined;
  readonly isWoken?: true;
}

/** Stores a signed event durably; once this has resolved a 2xx is due. Throws when Redis cannot take it. */
export const createStoreEvent = (deps: {
  readonly lookUps: Pick<LookUps, "add">;
  readonly unreadable: Pick<UnreadableEvents, "keep">;
  readonly matching: Matching;
  readonly readyStatuses: readonly string[];
  /** Notes that an event of a workspace came. */
  readonly noteEvent: (workspaceId: string) => void;
}) => {
  const { matching } = deps;

  const keep = async (
    body: Buffer,
    { workspaceId, channelId, reason }: Omit<Parameters<UnreadableEvents["keep"]>[0], "body">,
  ): Promise<StoredEvent> => {
    await deps.unreadable.keep({ body, workspaceId, channelId, reason });
    return { result: "ignored", workspaceId };
  };

  /** The event names its channel only: a worker asks Bird for the connector. */
  const findConnector = async (body: Buffer, lookUp: Parameters<LookUps["add"]>[0]): Promise<StoredEvent> => {
    const { workspaceId, channelId } = lookUp;
    const isAdded = await deps.lookUps.add(lookUp);
    if (isAdded) return { result: "unmatched", workspaceId, channelId };
    const reason =
      "The event names only its channel, and too many such events of its workspace wait already.";
    return keep(body, { workspaceId, channelId, reason });
  };

  const match = async (
    event: ChannelEvent & { readonly connectorId: string; readonly channelId: string },
    place: Pick<Arrival, "workspaceId" | "namedWorkspaceId">,
  ): Promise<StoredEvent> => {
    const { connectorId, channelId, channelStatus, identifier } = event;
    const { result, wake, isWoken } = await matching.arrive({
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
      ...(isWoken && { isWoken }),
    };
  };

  return async (body: Buffer, pathWorkspaceId: string | undefined): Promise<StoredEvent> => {
    const event = readChannelEvent(jsonOrUndefined(body.toString("utf8")));
    if (event === undefined)
      return keep(body, { workspaceId: pathWorkspaceId, reason: "It is no channel event." });
    if ("unreadable" in event) return keep(body, { workspaceId: pathWorkspaceId, reason: event.unreadable });
    const place = placeOf(event.workspaceId, pathWorkspaceId);
    const { workspaceId, namedWorkspaceId } = place;
    if (workspaceId !== undefined) deps.noteEvent(workspaceId);
    const { connectorId, channelId } = event;
    if (connectorId !== undefined && channelId !== undefined)
      return match({ ...event, connectorId, channelId }, place);
    if (namedWorkspaceId !== undefined) {
      const kept = await keep(body, { workspaceId, reason: `It names workspace ${namedWorkspaceId}.` });
      return { ...kept, result: "conflict", channelId };
    }
    if (channelId !== undefined && workspaceId !== undefined)
      return findConnector(body, { workspaceId, channelId, status: event.channelStatus ?? "" });
    const reason = "It names neither a connector nor a channel of a workspace.";
    return keep(body, { workspaceId, channelId, reason });
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
