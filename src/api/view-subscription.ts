import { problemText, type SubscriptionState } from "../install/subscription-state.ts";

/** What is known of a workspace's subscription, as callers see it. */
export const viewSubscription = ({ status, checkedAtMs, url, problem }: SubscriptionState) => ({
  status,
  checkedAt: new Date(checkedAtMs).toISOString(),
  url,
  reason: problem && problemText(problem),
});
