import { z } from "zod";
import { isOutsideId, sameId } from "../install/values/ids.ts";
import { listOf, member, pageToken, text } from "../install/values/lenient.ts";
import { type ReadResult, readResult } from "./answers.ts";
import type { BirdClient } from "./bird-client.ts";
import { birdPath } from "./bird-path.ts";

export interface Channels {
  get(workspaceId: string, channelId: string): Promise<ReadResult<Channel>>;
  /** The WhatsApp channel whose `connectorId` this is, among the first 1000 of the workspace. */
  findByConnector(workspaceId: string, connectorId: string): Promise<ReadResult<Channel>>;
}

/**
 * Bird's channels of a workspace. A list cannot be filtered by connector, so it is walked.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channels-management
 */
export const createChannels = (deps: { readonly client: BirdClient }): Channels => {
  return {
    get: async (workspaceId, channelId) =>
      readResult(
        channelSchema,
        await deps.client.send({
          method: "GET",
          path: birdPath`/workspaces/${workspaceId}/channels/${channelId}`,
        }),
      ),
    findByConnector: async (workspaceId, connectorId) => {
      const answer = await deps.client.send({
        method: "GET",
        path: birdPath`/workspaces/${workspaceId}/channels`,
        query: { platform: "whatsapp", limit: 1000 },
      });
      const page = readResult(channelPageSchema, answer);
      if (page.kind !== "found") return page;
      const channel = page.value.results.find((one) => sameId(one.connectorId ?? "", connectorId));
      if (channel === undefined) return { kind: "not_found" };
      const { id, ...members } = channel;
      return id === undefined
        ? { kind: "unavailable", reason: "the channel's id cannot be read" }
        : { kind: "found", value: { ...members, id } };
    },
  };
};

/**
 * Bird's channel, as far as Perch reads it. `status` is free text: Bird publishes no list of values, so the
 * caller decides by an allow-list which of them are usable.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channels-management
 */
const channelSchema = z.object({
  id: z.string().refine(isOutsideId),
  connectorId: text,
  status: text,
});

export type Channel = z.infer<typeof channelSchema>;

/** One page of channels. A missing `nextPageToken` is the end of the list. */
const channelPageSchema = z.object({
  results: listOf(channelSchema.extend({ id: member(channelSchema.shape.id) })),
  nextPageToken: pageToken,
});
