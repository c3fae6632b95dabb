import type { Logger } from "../log.ts";
import type { SubscriptionStates } from "../queue/subscription-states.ts";
import type { AwaitChannel } from "./await-channel.ts";

/** A look younger than this is believed all the same: events may be late. */
const youngMs = 60_000;

/**
 * The same wait; but when Perch had to find a channel by itself, whose event should have come, what is remembered
 * of the workspace's subscription is forgotten, so that its next install looks again.
 */
export const createDoubt = (deps: {
  readonly awaitChannel: AwaitChannel;
  readonly states: Pick<SubscriptionStates, "find" | "forget">;
  readonly log: Logger;
  readonly now: () => number;
}): AwaitChannel => {
  const doubt = async (workspaceId: string): Promise<void> => {
    const state = await deps.states.find(workspaceId);
    if (state?.status === "present" && deps.now() - state.checkedAtMs > youngMs)
      await deps.states.forget(workspaceId);
  };
  return async (run, taken) => {
    const step = await deps.awaitChannel(run, taken);
    if (step.kind === "complete" && step.completion.completedBy === "poll") {
      const { workspaceId } = run.data.request;
      // Beside the run: it must not keep the install from its end.
      doubt(workspaceId).catch((error: Error) => {
        deps.log.warn({ workspaceId, reason: error.message }, "the subscription will be looked for later");
      });
    }
    return step;
  };
};
