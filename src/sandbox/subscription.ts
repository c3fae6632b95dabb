import type { SubscriptionCreate } from "./subscription-create.ts";

/** A webhook subscription as the sandbox keeps it. */
export interface Subscription extends SubscriptionCreate {
  readonly id: string;
  readonly organizationId: string;
  readonly workspaceId: string;
  readonly createdAtMs: number;
  isDeleted: boolean;
}

/** A subscription in Bird's shape for reads, which don't show the signing key. */
export const subscriptionJson = (subscription: Subscription): Readonly<Record<string, unknown>> => {
  const createdAt = new Date(subscription.createdAtMs).toISOString();
  return {
    id: subscription.id,
    organizationId: subscription.organizationId,
    workspaceId: subscription.workspaceId,
    service: subscription.service,
    event: subscription.event,
    eventFilters: subscription.eventFilters ?? null,
    url: subscription.url,
    status: "active",
    createdAt,
    updatedAt: createdAt,
  };
};

/**
 * Whether an event of channels goes to the subscription: all filters must hold. `about` has the event's values
 * under the names of the filters.
 */
export const wantsEvent = (
  subscription: Subscription,
  event: string,
  about: Readonly<Record<string, string>>,
): boolean =>
  !subscription.isDeleted &&
  subscription.service === "channels" &&
  subscription.event === event &&
  (subscription.eventFilters ?? []).every(({ key, value }) => about[key] === value);
