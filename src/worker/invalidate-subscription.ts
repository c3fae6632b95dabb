import type { Logger } from "../log.ts";
import type { SubscriptionStates } from "../queue/workspaces/subscription-states.ts";
import type { AwaitChannel } from "./await-channel.ts";

/** A look younger than this is believed all the same: events may be late. */
const youngMs = 60_000;

/**
 * Wraps `awaitChannel`: when Perch had to find a channel by itself, whose event should have come, it forgets what is
 * remembered of the workspace's subscription, so that the workspace's next install asks Bird again.
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
      // Beside the run: it must not keep the install from its end.
      invalidate(workspaceId).catch((error: Error) => {
        deps.log.warn({ workspaceId, reason: error.message }, "the subscription will be looked for later");
      });
    }
    return step;
  };
};
