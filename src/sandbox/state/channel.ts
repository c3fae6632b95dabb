/** A channel as the sandbox keeps it. */
export interface Channel {
  readonly id: string;
  readonly platformId: string;
  readonly name: string;
  readonly connectorId: string;
  /** The phone number, where there is one. */
  readonly identifier: string | undefined;
  readonly createdAtMs: number;
  status: string;
  updatedAtMs: number;
  isDeleted: boolean;
}

/** A channel in Bird's shape, which is also the payload of its events. */
export const channelJson = (channel: Channel): Readonly<Record<string, unknown>> => ({
  id: channel.id,
  platformId: channel.platformId,
  name: channel.name,
  connectorId: channel.connectorId,
  identifier: channel.identifier,
  status: channel.status,
  createdAt: new Date(channel.createdAtMs).toISOString(),
  updatedAt: new Date(channel.updatedAtMs).toISOString(),
});
