import type { SubscribeAll } from "./options.ts";
import { type Subscription, type SubscriptionCreate, subscriptionUrlSchema } from "./state/subscription.ts";

/** Makes subscriptions. */
interface Subscriber {
  readonly subscribe: (workspaceId: string, body: SubscriptionCreate) => Subscription;
  /** The subscriptions of a new workspace. */
  readonly subscriptionsOf: (workspaceId: string) => Subscription[];
}

/** Makes the subscriber. @throws {Error} when neither Bird nor the sandbox accepts the url of `subscribeAll`. */
export const createSubscriber = (deps: {
  readonly organizationId: string;
  readonly subscribeAll: SubscribeAll | undefined;
  readonly now: () => number;
  readonly newId: () => string;
}): Subscriber => {
  const { organizationId, subscribeAll, now, newId } = deps;
  const urlOf = (url: string, workspaceId: string): string => url.replaceAll("{workspaceId}", workspaceId);
  if (subscribeAll !== undefined) subscriptionUrlSchema.parse(urlOf(subscribeAll.url, organizationId));

  const subscribe = (workspaceId: string, body: SubscriptionCreate): Subscription => ({
    ...body,
    id: newId(),
    organizationId,
    workspaceId,
    createdAtMs: now(),
    isDeleted: false,
  });

  return {
    subscribe,
    subscriptionsOf: (workspaceId) => {
      if (subscribeAll === undefined) return [];
      const { url, signingKey, events = ["channel.created"] } = subscribeAll;
      return events.map((event) =>
        subscribe(workspaceId, {
          service: "channels",
          event,
          url: urlOf(url, workspaceId),
          signingKey: signingKey(workspaceId),
        }),
      );
    },
  };
};
