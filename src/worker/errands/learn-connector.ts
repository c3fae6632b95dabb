import type { ReadResult } from "../../bird/answers.ts";
import type { Channel, Channels } from "../../bird/channels.ts";
import { isChannelUsable } from "../../install/install.ts";
import type { Logger } from "../../log.ts";
import type { ReadBudget } from "../../queue/gate/budget.ts";
import type { Holds } from "../../queue/gate/holds.ts";
import type { FindConnectorErrand, LookUps } from "../../queue/maintenance/errands.ts";
import type { Matching } from "../../queue/matching/matching.ts";
import type { UnreadableEvents } from "../../queue/matching/unreadable.ts";
import type { RunErrand } from "./process.ts";

/** Tries for a channel that Bird answers 404 for, because a new channel may be readable late. */
const unknownTriesMax = 3;

/**
 * Looks up the connector of an event that named only its channel, in the workspace the event came from, then matches the
 * event as the webhook service does.
 *
 * Sends nothing while the workspace is held. Look-ups use half of the workspace's GET budget, sequentially, so that events
 * cannot take the reads of installs. An event whose connector cannot be found is stored with the reason: an acknowledged
 * event is never dropped.
 */
export const createLearnConnector = (deps: {
  /** GETs limited by the workspace's budget: see `budgeted-reads.ts`. */
  readonly channels: Pick<Channels, "get">;
  readonly matching: Pick<Matching, "arrive" | "wake">;
  readonly holds: Pick<Holds, "find">;
  /** The GET budget of the workspace, shared with installs. */
  readonly readBudget: Pick<ReadBudget, "peek">;
  /** The rate limit of look-ups: half of that budget. */
  readonly lookUpPace: Pick<ReadBudget, "take">;
  readonly lookUps: Pick<LookUps, "done">;
  readonly unreadable: Pick<UnreadableEvents, "keep">;
  readonly readyStatuses: readonly string[];
  readonly log: Logger;
  readonly now: () => number;
}): RunErrand<FindConnectorErrand> => {
  const { channels, matching, readBudget, log, now } = deps;
  /** Workspace to when Bird accepts reads of it again (`Retry-After`), Unix ms. */
  const refused = new Map<string, number>();

  const giveUp = async (errand: FindConnectorErrand, reason: string) => {
    const { workspaceId, channelId, status } = errand;
    const body = Buffer.from(JSON.stringify({ channelId, status }));
    await deps.unreadable.keep({ body, workspaceId, channelId, reason });
    await deps.lookUps.done(errand);
    log.warn({ workspaceId, channelId, reason }, "an event's connector cannot be learned");
    return "done" as const;
  };

  const match = async (errand: FindConnectorErrand, connectorId: string, status: string) => {
    const { workspaceId, channelId } = errand;
    const { result, wake, isWoken } = await matching.arrive({
      connectorId,
      channelId,
      status,
      isUsable: isChannelUsable(status, deps.readyStatuses),
      workspaceId,
    });
    log.info({ installId: wake, workspaceId, connectorId, channelId, result }, "event's connector learned");
    if (wake !== undefined && isWoken !== true) await matching.wake(wake, { eventOf: connectorId });
    await deps.lookUps.done(errand);
    return "done" as const;
  };

  /** When the look-up may be sent, with its reserved slot; undefined: now. */
  const notNow = async (errand: FindConnectorErrand) => {
    const hold = await deps.holds.find(errand.workspaceId);
    const refusedMs = refused.get(errand.workspaceId) ?? 0;
    const untilMs = Math.max(hold?.untilMs ?? 0, refusedMs);
    if (untilMs > now()) return { untilMs, turnMs: undefined };
    refused.delete(errand.workspaceId);
    const turnMs = errand.turnMs ?? now() + (await deps.lookUpPace.take(errand.workspaceId));
    if (turnMs > now()) return { untilMs: turnMs, turnMs };
    const waitMs = await readBudget.peek(errand.workspaceId);
    return waitMs > 0 ? { untilMs: now() + waitMs, turnMs } : undefined;
  };

  /** Returns the reason to give up after a failed read; undefined: try again. */
  const reasonToStop = (
    { tries = 0 }: FindConnectorErrand,
    read: Exclude<ReadResult<Channel>, { readonly kind: "found" }>,
    isLastTry: boolean,
  ): string | undefined => {
    if (read.kind === "forbidden") return reasons.forbidden;
    if (read.kind === "not_found") return tries + 1 < unknownTriesMax ? undefined : reasons.not_found;
    if (!isLastTry) return undefined;
    return read.kind === "unauthorized" ? reasons.unauthorized : `${reasons.unavailable} (${read.reason}).`;
  };

  const ask = async (errand: FindConnectorErrand, isLastTry: boolean) => {
    const { workspaceId, channelId } = errand;
    const read = await channels.get(workspaceId, channelId);
    if (read.kind === "found") {
      const { connectorId, status = "" } = read.value;
      if (connectorId === undefined) return giveUp(errand, reasons.no_connector);
      return match(errand, connectorId, errand.status === "" ? status : errand.status);
    }
    const again = { ...errand, turnMs: undefined };
    if (read.kind === "unavailable" && read.retryAfterMs !== undefined) {
      const untilMs = now() + read.retryAfterMs;
      refused.set(workspaceId, untilMs);
      return { errand: again, untilMs, isTry: false };
    }
    const reason = reasonToStop(errand, read, isLastTry);
    return reason === undefined ? { errand: again, isTry: true } : giveUp(errand, reason);
  };

  return async (errand, { isLastTry }) => {
    const later = await notNow(errand);
    if (later === undefined) return ask(errand, isLastTry);
    return { errand: { ...errand, turnMs: later.turnMs }, untilMs: later.untilMs, isTry: false };
  };
};

const reasons = {
  no_connector: "The event names only its channel, and Bird names no connector for that.",
  forbidden:
    "The event names only its channel, and the access key may not view channels: allow it to view /workspaces/*/channels.",
  not_found:
    "The event names only its channel, and Bird knows no such channel in the workspace the event came from.",
  unauthorized: "The event names only its channel, and Bird refuses the access key.",
  unavailable: "The event names only its channel, and Bird could not be asked for its connector",
} as const;
