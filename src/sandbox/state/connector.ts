import { z } from "zod";
import type { Channel } from "./channel.ts";

/** A connector as the sandbox keeps it. The access token is not in it, only its hash. */
export interface Connector {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly templateRef: string;
  readonly arguments: Readonly<Record<string, unknown>> | null;
  readonly phoneId: string | undefined;
  readonly phoneNumber: string | undefined;
  /** Hex. */
  readonly accessTokenSha256: string | undefined;
  readonly createdBy: string | undefined;
  readonly createdAtMs: number;
  readonly echoesArguments: boolean;
  readonly listedFromMs: number;
  channel: Channel | undefined;
  updatedAtMs: number;
  deletedAtMs: number | undefined;
}

/** The platform of a template: `whatsapp` of `whatsapp:1`, `sms` of `sms-messagebird:1`. */
export const platformOf = ({ templateRef }: Connector): string => templateRef.split(/[-:]/, 1).join();

/** A connector in Bird's shape. `channel` is absent until there is one. */
export const connectorJson = (connector: Connector): Readonly<Record<string, unknown>> => ({
  id: connector.id,
  workspaceId: connector.workspaceId,
  routingKey: null,
  name: connector.name,
  region: "eu-west-1",
  description: "",
  arguments: connector.echoesArguments ? connector.arguments : null,
  ...(connector.channel !== undefined && {
    channel: { channelId: connector.channel.id, platform: connector.channel.platformId },
  }),
  number: null,
  connectorTemplateSlug: platformOf(connector),
  connectorTemplateRef: connector.templateRef,
  dataCapture: null,
  createdAt: new Date(connector.createdAtMs).toISOString(),
  updatedAt: new Date(connector.updatedAtMs).toISOString(),
});

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
