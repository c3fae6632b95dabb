import type { BirdClient } from "./bird-client.ts";
import { type Channel, channelPageSchema, channelSchema } from "./channel.ts";
import { type ReadResult, readResult } from "./read-result.ts";

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
  const path = (workspaceId: string): string => `/workspaces/${encodeURIComponent(workspaceId)}/channels`;
  return {
    get: async (workspaceId, channelId) =>
      readResult(
        channelSchema,
        await deps.client.send({
          method: "GET",
          path: `${path(workspaceId)}/${encodeURIComponent(channelId)}`,
        }),
      ),
    findByConnector: async (workspaceId, connectorId) => {
      const answer = await deps.client.send({
        method: "GET",
        path: path(workspaceId),
        query: { platform: "whatsapp", limit: 1000 },
      });
      const page = readResult(channelPageSchema, answer);
      if (page.kind !== "found") return page;
      const channel = page.value.results.find((candidate) => candidate.connectorId === connectorId);
      return channel === undefined ? { kind: "not_found" } : { kind: "found", value: channel };
    },
  };
};
