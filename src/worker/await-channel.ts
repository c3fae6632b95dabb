import type { ReadResult } from "../bird/answers.ts";
import type { Channels } from "../bird/channels.ts";
import type { Connectors } from "../bird/connectors.ts";
import { isOutsideId } from "../install/ids.ts";
import { isChannelUsable } from "../install/install.ts";
import type { ReadBudget } from "../queue/gate/budget.ts";
import type { InstallData } from "../queue/installs/data.ts";
import type { Matching, StoredChannel, Taken } from "../queue/matching/matching.ts";
import { cancelled, type Run, type Step } from "./run.ts";

/** @param taken What the run has taken already; else it takes now. */
export type AwaitChannel = (run: Run, taken?: Taken) => Promise<Step>;

/** Longest gap between two looks at Bird for one install. */
const gapMaxMs = 600_000;

/** A channel as an event or a look told of it. */
interface SeenChannel {
  readonly channelId: string;
  readonly status: string | undefined;
}

/**
 * The wait for the channel of a connector that is bound. Runs when an event woke the install, when a look at
 * Bird is due, or after a stall; all the same. Completes only on evidence from Bird.
 */
export const createAwaitChannel = (deps: {
  readonly matching: Matching;
  readonly connectors: Connectors;
  readonly channels: Channels;
  readonly readBudget: ReadBudget;
  readonly readyStatuses: readonly string[];
  readonly firstPollMs: number;
  readonly deadlineMs: number;
  readonly now: () => number;
  readonly random: () => number;
}): AwaitChannel => {
  const { matching, connectors, channels, now } = deps;

  /** What an event has told, as far as it ends the wait. */
  const byEvent = (run: Run, { channel, isCancelled, ownerId }: Taken): Step | undefined => {
    const { connectorId, waiting } = boundData(run.data);
    if (isCancelled) return cancelled(run);
    if (ownerId !== run.installId) return notOwner(run.data, ownerId);
    if (channel?.isUsable !== true) return undefined;
    const times = { boundAtMs: waiting.sinceMs, eventAtMs: channel.arrivedAtMs };
    return { ...completed(connectorId, channel, "webhook"), ...times, attempt: run.data.attempts };
  };

  return async (run, taken) => {
    const { connectorId, waiting, workspaceId, phoneId } = boundData(run.data);
    const told = taken ?? (await matching.take({ connectorId, workspaceId, phoneId, ...run }));
    const end = byEvent(run, told);
    if (end !== undefined) return end;
    const dueMs = run.data.nextActionAtMs ?? waiting.sinceMs + deps.firstPollMs;
    if (now() < dueMs) return { kind: "park", untilMs: dueMs, connectorId };
    const waitMs = await deps.readBudget.peek(workspaceId);
    if (waitMs > 0) return { kind: "park", untilMs: now() + waitMs, connectorId };
    const seen = await look(workspaceId, connectorId, told.channel);
    if (seen !== undefined && isChannelUsable(seen.status, deps.readyStatuses)) {
      const { installId } = run;
      await matching.release({ connectorId, workspaceId, phoneId, installId, channelId: seen.channelId });
      return {
        ...completed(connectorId, seen, "poll"),
        boundAtMs: waiting.sinceMs,
        attempt: run.data.attempts,
      };
    }
    if (now() >= waiting.sinceMs + deps.deadlineMs) {
      return timedOut(run.data, seen, await readiness(workspaceId, connectorId));
    }
    return { ...waitOn(run.data, waiting), connectorId };
  };

  /**
   * What Bird shows now. Which channel a connector has, the connector says: an event's id is only used when Bird will
   * not say. A read that is forbidden or fails leaves what the event said.
   */
  async function look(
    workspaceId: string,
    connectorId: string,
    stored: StoredChannel | undefined,
  ): Promise<SeenChannel | undefined> {
    const channelId = (await channelOf(workspaceId, connectorId)) ?? stored?.channelId;
    const read: ReadResult<{ id: string; status: string | undefined }> =
      channelId === undefined
        ? await channels.findByConnector(workspaceId, connectorId)
        : await channelBy(workspaceId, connectorId, channelId);
    if (read.kind === "found") return { channelId: read.value.id, status: read.value.status };
    return channelId === stored?.channelId ? stored : undefined;
  }

  /** An event's id may not be the channel's: then the connector's own is looked for. */
  async function channelBy(workspaceId: string, connectorId: string, channelId: string) {
    const read = await channels.get(workspaceId, channelId);
    return read.kind === "not_found" ? channels.findByConnector(workspaceId, connectorId) : read;
  }

  async function channelOf(workspaceId: string, connectorId: string): Promise<string | undefined> {
    const read = await connectors.get(workspaceId, connectorId);
    const named = read.kind === "found" ? read.value.channel?.channelId : undefined;
    return named !== undefined && isOutsideId(named) ? named : undefined;
  }

  /** Bird's own word on the channel, for a person to read. No route of Bird's reference, so a refusal is no news. */
  async function readiness(workspaceId: string, connectorId: string): Promise<string | undefined> {
    const read = await connectors.readiness(workspaceId, connectorId);
    if (read.kind !== "found") return undefined;
    const { channel, number } = read.value;
    const words = { channel: channel?.status, stage: channel?.stage, number: number?.status };
    const said = Object.entries(words).filter(([, word]) => word != null);
    return said.length === 0
      ? undefined
      : `Bird says: ${said.map(([what, word]) => `${what} ${word}`).join(", ")}.`;
  }

  function waitOn(data: InstallData, waiting: NonNullable<InstallData["waiting"]>) {
    const polls = (waiting.polls ?? 0) + 1;
    const gapMs = Math.min(gapMaxMs, deps.firstPollMs * 2 ** polls) * (0.75 + deps.random() / 2);
    const untilMs = Math.round(
      Math.min(now() + gapMs, Math.max(now() + 1, waiting.sinceMs + deps.deadlineMs)),
    );
    return {
      kind: "park" as const,
      untilMs,
      data: { ...data, waiting: { ...waiting, polls }, nextActionAtMs: untilMs },
      what: "asked Bird for the channel, not usable yet",
    };
  }
};

const boundData = ({ connectorId, waiting, request }: InstallData) => {
  if (connectorId === undefined || waiting === undefined) throw new TypeError("a bound install waits");
  return { connectorId, waiting, ...request };
};

/** An operator retried another install of the connector, or another one adopted it. */
const notOwner = ({ nextActionAtMs: _, ...data }: InstallData, ownerId: string): Step => {
  const detail = `Connector ${data.connectorId} is install ${ownerId}'s by now.`;
  return { kind: "fail", failure: { code: "connector_of_another_install", detail }, data };
};

const completed = (
  connectorId: string,
  { channelId, status }: SeenChannel,
  completedBy: "webhook" | "poll",
) => ({
  kind: "complete" as const,
  completion: { connectorId, channelId, ...(status !== undefined && { channelStatus: status }), completedBy },
});

const timedOut = (
  { nextActionAtMs: _, ...data }: InstallData,
  seen: SeenChannel | undefined,
  readiness: string | undefined,
): Step => {
  const channel =
    seen === undefined ? undefined : `Channel ${seen.channelId} is ${seen.status ?? "without a status"}.`;
  const detail = [channel, readiness].filter((part) => part !== undefined).join(" ");
  const code = seen === undefined ? "channel_timeout" : "channel_not_ready";
  return { kind: "fail", failure: { code, ...(detail !== "" && { detail }) }, data };
};
