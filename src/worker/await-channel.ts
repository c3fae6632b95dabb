import type { ReadResult } from "../bird/answers.ts";
import type { Channels } from "../bird/channels.ts";
import type { Connectors } from "../bird/connectors.ts";
import { isChannelUsable } from "../install/install.ts";
import { isOutsideId } from "../install/values/ids.ts";
import type { ReadBudget } from "../queue/gate/budget.ts";
import type { InstallData } from "../queue/installs/data.ts";
import { askedText } from "../queue/installs/timeline.ts";
import type { Matching, StoredChannel, Taken } from "../queue/matching/matching.ts";
import { cancelled, type Run, type Step } from "./run.ts";

/** @param taken The event, if the run has already taken it; otherwise it is taken here. */
export type AwaitChannel = (run: Run, taken?: Taken) => Promise<Step>;

/** Longest interval between polls of one install. */
const gapMaxMs = 600_000;

/** A channel as seen in an event or a poll. */
interface SeenChannel {
  readonly channelId: string;
  readonly status: string | undefined;
}

/**
 * Waits for the channel of a bound connector. Runs when an event woke the install, a poll is due, or after a stall.
 * Completes only on evidence from Bird.
 */
export const createAwaitChannel = (deps: {
  readonly matching: Pick<Matching, "take" | "release">;
  readonly connectors: Pick<Connectors, "get" | "readiness">;
  readonly channels: Channels;
  readonly readBudget: Pick<ReadBudget, "peek">;
  readonly readyStatuses: readonly string[];
  readonly firstPollMs: number;
  readonly deadlineMs: number;
  readonly now: () => number;
  readonly random: () => number;
}): AwaitChannel => {
  const { matching, connectors, channels, now } = deps;

  /** Returns the step an event leads to; undefined when it does not end the wait. */
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
    const stored = taken ?? (await matching.take({ connectorId, workspaceId, phoneId, ...run }));
    const end = byEvent(run, stored);
    if (end !== undefined) return end;
    const dueMs = run.data.nextActionAtMs ?? waiting.sinceMs + deps.firstPollMs;
    if (now() < dueMs) return { kind: "park", untilMs: dueMs, connectorId };
    const waitMs = await deps.readBudget.peek(workspaceId);
    if (waitMs > 0) return { kind: "park", untilMs: now() + waitMs, connectorId };
    const seen = await look(workspaceId, connectorId, stored.channel);
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
   * Polls Bird. The connector names its channel; the event's channel id is used only when the connector does not. When
   * reads are forbidden or fail, returns the channel of the event.
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

  /** Reads a channel by id; when Bird does not know the id, finds the channel by its connector. */
  async function channelBy(workspaceId: string, connectorId: string, channelId: string) {
    const read = await channels.get(workspaceId, channelId);
    return read.kind === "not_found" ? channels.findByConnector(workspaceId, connectorId) : read;
  }

  async function channelOf(workspaceId: string, connectorId: string): Promise<string | undefined> {
    const read = await connectors.get(workspaceId, connectorId);
    const named = read.kind === "found" ? read.value.channel?.channelId : undefined;
    return named !== undefined && isOutsideId(named) ? named : undefined;
  }

  /** Reads Bird's readiness of the channel, for operators. The route is not in Bird's reference, so failures are ignored. */
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
      what: askedText(false),
    };
  }
};

const boundData = ({ connectorId, waiting, request }: InstallData) => {
  if (connectorId === undefined || waiting === undefined) throw new TypeError("a bound install waits");
  return { connectorId, waiting, ...request };
};

/** Fails: another install of the connector was retried, or adopted it. */
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
