import type { FastifyInstance } from "fastify";
import type { ChannelOperations } from "./channel-operations.ts";
import type { Player } from "./player.ts";
import type { Store } from "./store.ts";

/**
 * Bird's routes for channels.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channels-management
 */
export const addChannelRoutes = (
  app: FastifyInstance,
  deps: { readonly operations: ChannelOperations; readonly store: Store; readonly play: Player },
): void => {
  const { operations, store, play } = deps;
  const listPath = "/workspaces/:workspaceId/channels";

  app.get<{ Params: { workspaceId: string } }>(
    listPath,
    { config: { operation: "listChannels" } },
    (request, reply) => {
      const workspaceId = request.params.workspaceId.toLowerCase();
      play(reply, { operation: "listChannels", workspaceId }, () =>
        operations.list(workspaceId, request.query),
      );
    },
  );

  app.get<{ Params: { workspaceId: string; channelId: string } }>(
    `${listPath}/:channelId`,
    { config: { operation: "getChannel" } },
    (request, reply) => {
      const { channelId } = request.params;
      const workspaceId = request.params.workspaceId.toLowerCase();
      const { phoneId, phoneNumber } = store.connectorOfChannel(workspaceId, channelId) ?? {};
      const subject = { operation: "getChannel", workspaceId, phoneId, phoneNumber } as const;
      play(reply, subject, () => operations.get(workspaceId, channelId));
    },
  );
};
