import { z } from "zod";

/** A message in the sandbox's store: accepted, and not delivered. */
export interface Message {
  readonly id: string;
  readonly workspaceId: string;
  readonly channelId: string;
  /** The first receiver, E.164. */
  readonly to: string;
  readonly text?: string | undefined;
  readonly template?: MessageCreate["template"];
  readonly createdAtMs: number;
}

/**
 * A message in Bird's shape, which is also the payload of its events. Bird's docs name none of the members;
 * `id` and `status` are seen in public code.
 */
export const messageJson = (
  { id, channelId, createdAtMs }: Message,
  { receiver, body, template }: MessageCreate,
): Readonly<Record<string, unknown>> => ({
  id,
  channelId,
  receiver,
  ...(body !== undefined && { body }),
  ...(template !== undefined && { template }),
  status: "accepted",
  direction: "outgoing",
  createdAt: new Date(createdAtMs).toISOString(),
  updatedAt: new Date(createdAtMs).toISOString(),
});

const text = z.string().min(1, "must not be empty");

const templateSchema = z.strictObject({
  projectId: z.guid("must be a UUID"),
  version: text,
  locale: text,
  parameters: z.array(z.strictObject({ type: z.string(), key: text, value: z.string() })).optional(),
});

/**
 * The body of a message, closed at its top level as Bird documents it. Of Bird's kinds of body the sandbox takes
 * text only.
 *
 * @see https://docs.bird.com/api/channels-api/supported-channels/programmable-whatsapp/sending-whatsapp-messages
 */
export const messageCreateSchema = z
  .strictObject({
    receiver: z.looseObject({
      contacts: z.tuple(
        [
          z.looseObject({
            identifierKey: z.literal("phonenumber").optional(),
            identifierValue: z.string().regex(/^\+[1-9]\d{6,14}$/, "must be a phone number in E.164"),
          }),
        ],
        z.unknown(),
      ),
    }),
    body: z
      .looseObject({ type: z.literal("text"), text: z.looseObject({ text: text.max(4096, "is too long") }) })
      .optional(),
    template: templateSchema.optional(),
    reference: z.string().optional(),
  })
  .refine(({ body, template }) => (body === undefined) !== (template === undefined), {
    path: ["body"],
    message: "must be given unless template is, and never with it",
  });

export type MessageCreate = z.infer<typeof messageCreateSchema>;
