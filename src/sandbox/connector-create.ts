import { z } from "zod";

/** Templates other than WhatsApp, of which the sandbox checks no arguments. */
const otherTemplateRefs = [
  "sms-messagebird:1",
  "instagram:1",
  "facebook:1",
  "telegram:1",
  "line:1",
  "email-messagebird:1",
  "voice-messagebird:1",
] as const;

const text = z.string().min(1, "must not be empty");
const digits = z.string().regex(/^\d{1,32}$/, "must be digits");
const secrets = z.record(z.string(), z.record(z.string(), z.string()));

const common = {
  name: text.max(255, "must not be longer than 255 characters"),
  channelConversationalStatusEnabled: z.boolean().nullish(),
  invitationToken: z.string().nullish(),
};

/**
 * The body of a create, as strict as Bird documents it: closed at its top level, open inside `arguments`.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channel-connectors
 */
export const connectorCreateSchema = z.discriminatedUnion(
  "connectorTemplateRef",
  [
    z.strictObject({
      ...common,
      connectorTemplateRef: z.literal("whatsapp:1"),
      arguments: z.looseObject({
        wabaId: digits,
        phoneId: digits,
        phoneNumber: z.string().regex(/^\+[1-9]\d{6,14}$/, "must be a phone number in E.164"),
        mbPhoneId: text.optional(),
      }),
      securityArguments: z.looseObject({ oauth: z.looseObject({ accessToken: text }) }),
    }),
    z.strictObject({
      ...common,
      connectorTemplateRef: z.enum(otherTemplateRefs),
      arguments: z.record(z.string(), z.unknown()).nullish(),
      securityArguments: secrets.nullish(),
    }),
  ],
  {
    error: ({ code }) =>
      code === "invalid_union" ? `must be one of whatsapp:1, ${otherTemplateRefs.join(", ")}` : undefined,
  },
);

export type ConnectorCreate = z.infer<typeof connectorCreateSchema>;
