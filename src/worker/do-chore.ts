import type { Channels } from "../bird/channels.ts";
import { isChannelUsable } from "../install/channel-readiness.ts";
import type { Logger } from "../log.ts";
import { type Chore, choreSchema } from "../queue/chores.ts";
import type { Matching } from "../queue/matching.ts";
import type { OutcomesSwept } from "../queue/outcomes.ts";
import type { SubscribeChannel } from "./subscribe-channel.ts";
import type { SweepResult } from "./sweep.ts";

type FindConnector = Extract<Chore, { readonly kind: "find_connector" }>;

/** What of a BullMQ job a chore is read from. */
interface ChoreJob {
  readonly data: unknown;
  /** Tries that have ended before this one. */
  readonly attemptsMade: number;
  readonly opts: { readonly attempts?: number | undefined };
}

/** BullMQ's processor of chores. A chore that throws is tried again by BullMQ. */
export const createDoChore = (deps: {
  /** Says that workers are at work; see `restart-watch.ts`. */
  readonly beat: () => Promise<void>;
  readonly sweep: () => Promise<SweepResult>;
  readonly sweepOutcomes: () => Promise<OutcomesSwept>;
  readonly sweepBatches: () => Promise<void>;
  readonly moveBatch: (batchId: string) => Promise<void>;
  readonly channels: Channels;
  readonly matching: Matching;
  readonly subscribeChannel: SubscribeChannel;
  readonly readyStatuses: readonly string[];
  readonly log: Logger;
}) => {
  const { channels, matching, log } = deps;

  /** Learns the connector of an event that named only its channel, then matches as the webhook would. */
  const findConnector = async ({ workspaceId, channelId, status }: FindConnector): Promise<void> => {
    const read = await channels.get(workspaceId, channelId);
    if (read.kind === "unavailable") throw new Error(`Bird does not answer: ${read.reason}`);
    const connectorId = read.kind === "found" ? read.value.connectorId : undefined;
    if (connectorId === undefined) {
      log.warn({ workspaceId, channelId, reason: read.kind }, "an event's connector cannot be learned");
      return;
    }
    const seen = status === "" ? (read.kind === "found" ? (read.value.status ?? "") : "") : status;
    const { result, wake } = await matching.arrive({
      connectorId,
      channelId,
      status: seen,
      isUsable: isChannelUsable(seen, deps.readyStatuses),
      workspaceId,
    });
    log.info({ installId: wake, workspaceId, connectorId, channelId, result }, "event's connector learned");
    if (wake !== undefined) await matching.wake(wake, { eventOf: connectorId });
  };

  return async ({ data, attemptsMade, opts }: ChoreJob): Promise<void> => {
    const chore = choreSchema.parse(data);
    if (chore.kind === "find_connector") return findConnector(chore);
    if (chore.kind === "subscribe_channel")
      return deps.subscribeChannel(chore, { isLastTry: attemptsMade + 1 >= (opts.attempts ?? 1) });
    if (chore.kind === "move_batch") return deps.moveBatch(chore.batchId);
    // First, because what follows may take long, and late beats look like a restored backup.
    await deps.beat();
    const result = await deps.sweep();
    if (result.seen > 0) log.info(result, "swept events that were left behind");
    const outcomes = await deps.sweepOutcomes();
    if (outcomes.told + outcomes.failed > 0) log.info(outcomes, "swept outcomes that were not told");
    await deps.sweepBatches();
  };
};
