import { type Answer, bodyError, errorAnswer, invalidAnswer } from "./answer.ts";
import type { EventSender } from "./event-sender.ts";
import { type Message, messageJson } from "./message.ts";
import { type MessageCreate, messageCreateSchema } from "./message-create.ts";
import type { Store } from "./store.ts";
import { wantsEvent } from "./subscription.ts";

/** Bird's operations on messages. */
export interface MessageOperations {
  readonly send: (workspaceId: string, channelId: string, body: unknown) => Answer;
}

/**
 * Plays messages over a store: they are kept, delivered to nobody, and told to the subscribers of the platform's
 * `outbound` events.
 */
export const createMessageOperations = (deps: {
  readonly store: Store;
  readonly sender: EventSender;
  readonly now: () => number;
  readonly newId: () => string;
}): MessageOperations => {
  const { store, sender, now, newId } = deps;

  const tell = (platformId: string, message: Message, body: MessageCreate): void => {
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
      // Bird wants an active channel; with which status it refuses another is not documented.
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
      tell(channel.platformId, message, body);
      return { status: 202, body: messageJson(message, body) };
    },
  };
};
