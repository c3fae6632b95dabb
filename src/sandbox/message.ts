import type { MessageCreate } from "./message-create.ts";

/** A message as the sandbox keeps it: taken, and delivered nowhere. */
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
