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
