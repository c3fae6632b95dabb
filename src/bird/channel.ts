import { z } from "zod";
import { listOf, member, pageToken, text } from "../install/lenient.ts";
import { isOutsideId } from "../install/outside-id.ts";

/**
 * Bird's channel, as far as Perch reads it. `status` is free text: Bird publishes no list of values, so the
 * caller decides by an allow-list which of them are usable.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channels-management
 */
export const channelSchema = z.object({
  id: z.string().refine(isOutsideId),
  connectorId: text,
  status: text,
});

export type Channel = z.infer<typeof channelSchema>;

/** One page of channels. A missing `nextPageToken` is the end of the list. */
export const channelPageSchema = z.object({
  results: listOf(channelSchema.extend({ id: member(channelSchema.shape.id) })),
  nextPageToken: pageToken,
});
