import { z } from "zod";
import { listOf, member, pageToken, text } from "../install/lenient.ts";
import { isOutsideId } from "../install/outside-id.ts";

/**
 * Bird's webhook subscription, as far as Perch reads it. Reads do not show its signing key.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions
 */
export const subscriptionSchema = z.object({
  id: member(z.string().refine(isOutsideId)),
  service: text,
  event: text,
  url: text,
  /** One that cannot be read is a filter of which nothing is known. */
  eventFilters: z
    .union([listOf(z.object({ key: text, value: text })), z.null().transform(() => [])])
    .optional()
    .transform((filters) => filters ?? [])
    .catch([{ key: undefined, value: undefined }]),
});

export type Subscription = z.infer<typeof subscriptionSchema>;

/** One page of subscriptions. A missing `nextPageToken` is the end of the list. */
export const subscriptionPageSchema = z.object({
  results: listOf(subscriptionSchema),
  nextPageToken: pageToken,
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
