import { z } from "zod";

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

const channelEvents = ["channel.created", "channel.updated"];
const channelFilters = ["platformId", "channelStatus"];
const messageFilters = ["channelId", "messageStatus", "interactionType"];

/** Bird's pattern: https, a dotted name, no port. */
const birdUrl = /^https:\/\/([a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}(\/[^\s]*)?$/;
/** The sandbox's one exception, because its receivers run on the same machine. */
const loopbackUrl = /^http:\/\/(127\.0\.0\.1|localhost):\d{1,5}(\/[^\s]*)?$/;

/** The url of a subscription. `https` works only where the receiver's certificate is trusted. */
export const subscriptionUrlSchema = z.string().refine((url) => birdUrl.test(url) || loopbackUrl.test(url), {
  message: "must be https with a host name and no port (in the sandbox also http://127.0.0.1:PORT)",
});

/**
 * The body of a subscription, closed as Bird documents it.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions
 */
export const subscriptionCreateSchema = z
  .strictObject({
    service: z.enum(["channels", "numbers", "payments", "conversations"]),
    event: z.string().min(1, "must not be empty"),
    eventFilters: z.array(z.strictObject({ key: z.string(), value: z.string() })).nullish(),
    template: z.string().optional(),
    url: subscriptionUrlSchema,
    signingKey: z.string().optional(),
  })
  .superRefine(({ service, event, eventFilters }, context) => {
    if (service !== "channels") return;
    const filters = filtersOf(event);
    if (filters === undefined) {
      context.addIssue({ code: "custom", path: ["event"], message: "is not an event of channels" });
      return;
    }
    for (const [index, { key }] of (eventFilters ?? []).entries()) {
      if (filters.includes(key)) continue;
      context.addIssue({
        code: "custom",
        path: ["eventFilters", index, "key"],
        message: `must be one of ${filters.join(", ")}`,
      });
    }
  });

/** Keys of the filters an event of channels knows; undefined when there is no such event. */
const filtersOf = (event: string): readonly string[] | undefined => {
  if (channelEvents.includes(event)) return channelFilters;
  return /^[a-z-]+\.(inbound|outbound|interaction)$/.test(event) ? messageFilters : undefined;
};

export type SubscriptionCreate = z.infer<typeof subscriptionCreateSchema>;
