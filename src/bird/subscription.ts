import { z } from "zod";

/**
 * Bird's webhook subscription, as far as Perch reads it. Reads do not show its signing key.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions
 */
export const subscriptionSchema = z.object({
  id: z.string().min(1),
  service: z.string(),
  event: z.string(),
  url: z.string(),
  eventFilters: z
    .array(z.object({ key: z.string(), value: z.string() }))
    .nullish()
    .transform((filters) => filters ?? []),
});

export type Subscription = z.infer<typeof subscriptionSchema>;

/** One page of subscriptions. A missing `nextPageToken` is the end of the list. */
export const subscriptionPageSchema = z.object({
  results: z.array(subscriptionSchema),
  nextPageToken: z
    .string()
    .nullish()
    .transform((value) => value ?? undefined),
});

/** The body of a create. Closed at Bird's side; `url` must be https without a port there. */
export interface SubscriptionCreate {
  readonly service: "channels";
  readonly event: string;
  readonly url: string;
  /** Free text chosen by the receiver; it is used as it is, not decoded. */
  readonly signingKey: string;
  /** All of them must hold for an event to be sent. */
  readonly eventFilters: readonly { readonly key: string; readonly value: string }[];
}
