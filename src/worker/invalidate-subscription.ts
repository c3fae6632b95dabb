import type { Logger } from "../log.ts";
import type { SubscriptionStates } from "../queue/workspaces/subscription-states.ts";
import type { AwaitChannel } from "./await-channel.ts";

/** A younger check stays valid, because events may be late. */
const youngMs = 60_000;

/**
 * Wraps `awaitChannel`: when a poll found a channel whose event should have come, invalidates the stored state of the
 * workspace's subscription, so that the next install of the workspace checks it at Bird.
 */
export const createInvalidateSubscription = (deps: {
  readonly awaitChannel: AwaitChannel;
  readonly states: Pick<SubscriptionStates, "find" | "forget">;
  readonly log: Logger;
  readonly now: () => number;
}): AwaitChannel => {
  const invalidate = async (workspaceId: string): Promise<void> => {
    const state = await deps.states.find(workspaceId);
    if (state?.status === "present" && deps.now() - state.checkedAtMs > youngMs)
      await deps.states.forget(workspaceId);
  };
  return async (run, taken) => {
    const step = await deps.awaitChannel(run, taken);
    if (step.kind === "complete" && step.completion.completedBy === "poll") {
      const { workspaceId } = run.data.request;
      // Not awaited: it must not delay the end of the install.
      invalidate(workspaceId).catch((error: Error) => {
        deps.log.warn({ workspaceId, reason: error.message }, "the subscription will be looked for later");
      });
    }
    return step;
  };
};
