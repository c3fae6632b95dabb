import type { FastifyInstance } from "fastify";
import type { MessageOperations } from "./message-operations.ts";
import type { Player } from "./player.ts";
import type { Store } from "./store.ts";

/**
 * Bird's route for messages through a channel.
 *
 * @see https://docs.bird.com/api/channels-api/supported-channels/programmable-whatsapp/sending-whatsapp-messages
 */
export const addMessageRoutes = (
  app: FastifyInstance,
  deps: { readonly operations: MessageOperations; readonly store: Store; readonly play: Player },
): void => {
  const { operations, store, play } = deps;
  app.post<{ Params: { workspaceId: string; channelId: string } }>(
    "/workspaces/:workspaceId/channels/:channelId/messages",
    { config: { operation: "sendMessage" } },
    (request, reply) => {
      const { channelId } = request.params;
      const workspaceId = request.params.workspaceId.toLowerCase();
      const { phoneId, phoneNumber } = store.connectorOfChannel(workspaceId, channelId) ?? {};
      const subject = { operation: "sendMessage", workspaceId, phoneId, phoneNumber } as const;
      play(reply, subject, () => operations.send(workspaceId, channelId, request.body));
    },
  );
};
