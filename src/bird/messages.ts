import { z } from "zod";
import { text } from "../install/values/lenient.ts";
import { type Refusal, refusalOf } from "./answers.ts";
import type { BirdClient } from "./bird-client.ts";
import { birdPath } from "./bird-path.ts";

/** A template of Bird's studio. Free text reaches only people who wrote to the number in the last 24 hours. */
interface MessageTemplate {
  /** UUID of the template's project in Bird. */
  readonly projectId: string;
  /** UUID of a version, or `latest`. */
  readonly version: string;
  readonly locale: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** `to` is a phone number in E.164. */
type OutgoingMessage = { readonly to: string } & (
  | { readonly text: string }
  | { readonly template: MessageTemplate }
);

type SendResult =
  /** Bird accepted it and will try to deliver it; `status` is Bird's text, such as `accepted`. */
  | { readonly kind: "sent"; readonly messageId: string | undefined; readonly status: string | undefined }
  | Refusal;

export interface Messages {
  /** Sends once. After `unavailable` the message may have been sent: it has no idempotency key. */
  send(workspaceId: string, channelId: string, message: OutgoingMessage): Promise<SendResult>;
}

/** Members of the answer are not shown in Bird's docs, only in public code, so none is relied upon. */
const sentSchema = z.object({ id: text, status: text });

/**
 * Messages through a channel. Path, closed body, `identifierKey`, the template's members and the 202 are
 * documented.
 *
 * @see https://docs.bird.com/api/channels-api/supported-channels/programmable-whatsapp/sending-whatsapp-messages
 * @see https://docs.bird.com/api/channels-api/message-types/template
 */
export const createMessages = (deps: { readonly client: BirdClient }): Messages => ({
  send: async (workspaceId, channelId, message) => {
    const answer = await deps.client.send({
      method: "POST",
      path: birdPath`/workspaces/${workspaceId}/channels/${channelId}/messages`,
      json: {
        receiver: { contacts: [{ identifierKey: "phonenumber", identifierValue: message.to }] },
        ...content(message),
      },
    });
    const refusal = refusalOf(answer);
    if (refusal !== undefined) return refusal;
    const sent = sentSchema.safeParse(answer.kind === "answered" ? answer.body : undefined).data;
    return { kind: "sent", messageId: sent?.id, status: sent?.status };
  },
});

const content = (message: OutgoingMessage) => {
  if ("text" in message) return { body: { type: "text", text: { text: message.text } } };
  const { projectId, version, locale, variables } = message.template;
  const parameters = Object.entries(variables).map(([key, value]) => ({ type: "string", key, value }));
  return { template: { projectId, version, locale, parameters } };
};
