import { z } from "zod";

/**
 * Bird's channel, as far as Perch reads it. `status` is free text: Bird publishes no list of values, so the
 * caller decides by an allow-list which of them are usable.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channels-management
 */
export const channelSchema = z.object({
  id: z.string().min(1),
  connectorId: z
    .string()
    .nullish()
    .transform((value) => value ?? undefined),
  status: z
    .string()
    .nullish()
    .transform((value) => value ?? undefined),
});

export type Channel = z.infer<typeof channelSchema>;

/** One page of channels. A missing `nextPageToken` is the end of the list. */
export const channelPageSchema = z.object({
  results: z.array(channelSchema),
  nextPageToken: z
    .string()
    .nullish()
    .transform((value) => value ?? undefined),
});
