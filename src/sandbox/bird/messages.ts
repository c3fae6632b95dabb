import type { FastifyInstance } from "fastify";
import type { EventSender } from "../events/sender.ts";
import { type Answer, bodyError, errorAnswer, invalidAnswer } from "../http/answer.ts";
import { type Message, type MessageCreate, messageCreateSchema, messageJson } from "../state/message.ts";
import type { Store } from "../state/store.ts";
import { wantsEvent } from "../state/subscription.ts";
import type { Respond } from "./responder.ts";

/**
 * Bird's route for messages through a channel.
 *
 * @see https://docs.bird.com/api/channels-api/supported-channels/programmable-whatsapp/sending-whatsapp-messages
 */
export const addMessageRoutes = (
  app: FastifyInstance,
  deps: { readonly operations: MessageOperations; readonly store: Store; readonly respond: Respond },
): void => {
  const { operations, store, respond } = deps;
  app.post<{ Params: { workspaceId: string; channelId: string } }>(
    "/workspaces/:workspaceId/channels/:channelId/messages",
    { config: { operation: "sendMessage" } },
    (request, reply) => {
      const { channelId } = request.params;
      const workspaceId = request.params.workspaceId.toLowerCase();
      const { phoneId, phoneNumber } = store.connectorOfChannel(workspaceId, channelId) ?? {};
      const subject = { operation: "sendMessage", workspaceId, phoneId, phoneNumber } as const;
      respond(reply, subject, () => operations.send(workspaceId, channelId, request.body));
    },
  );
};

/** Bird's operations on messages. */
interface MessageOperations {
  readonly send: (workspaceId: string, channelId: string, body: unknown) => Answer;
}

/**
 * Creates the operations on messages of a store: messages are kept, not delivered, and sent to subscribers of the platform's
 * `outbound` events.
 */
export const createMessageOperations = (deps: {
  readonly store: Store;
  readonly sender: EventSender;
  readonly now: () => number;
  readonly newId: () => string;
}): MessageOperations => {
  const { store, sender, now, newId } = deps;

  const notify = (platformId: string, message: Message, body: MessageCreate): void => {
    const event = `${platformId}.outbound`;
    const about = { channelId: message.channelId, messageStatus: "accepted" };
    const text = JSON.stringify({ service: "channels", event, payload: messageJson(message, body) });
    for (const subscription of store.workspace(message.workspaceId).subscriptions) {
      if (!wantsEvent(subscription, event, about)) continue;
      const { url, signingKey } = subscription;
      sender.send({ url, signingKey, body: text, wrongSignatures: 0, repeats: 0 });
    }
  };

  return {
    send: (workspaceId, channelId, input) => {
      const channel = store.connectorOfChannel(workspaceId, channelId)?.channel;
      if (channel === undefined) return errorAnswer(404);
      const parsed = messageCreateSchema.safeParse(input, { error: bodyError });
      if (!parsed.success) return invalidAnswer(parsed.error.issues);
      // Bird requires an active channel; the status of its refusal is not documented.
      if (channel.status !== "active") return errorAnswer(422, { channel: ["is not active"] });
      const body = parsed.data;
      const message = {
        id: newId(),
        workspaceId,
        channelId: channel.id,
        to: body.receiver.contacts[0].identifierValue,
        ...(body.body !== undefined && { text: body.body.text.text }),
        ...(body.template !== undefined && { template: body.template }),
        createdAtMs: now(),
      };
      store.workspace(workspaceId).messages.push(message);
      notify(channel.platformId, message, body);
      return { status: 202, body: messageJson(message, body) };
    },
  };
};
