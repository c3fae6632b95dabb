import { z } from "zod";
import { isOutsideId } from "../install/values/ids.ts";

/** What Perch needs from a channel event, wherever it is in the payload. */
export interface ChannelEvent {
  readonly event: "channel.created" | "channel.updated";
  readonly connectorId: string | undefined;
  readonly channelId: string | undefined;
  readonly channelStatus: string | undefined;
  /** In lower case; from the event itself, not from the address it was sent to. */
  readonly workspaceId: string | undefined;
  /** The platform's name of the channel: for WhatsApp probably the number. */
  readonly identifier: string | undefined;
}

const envelopeSchema = z.object({
  service: z.literal("channels"),
  event: z.enum(["channel.created", "channel.updated"]),
  payload: z.looseObject({}),
});
const membersSchema = z.looseObject({});

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a channel event from a parsed webhook body, or undefined for every other event and shape.
 *
 * Bird publishes the envelope but no sample of the payload, so each id is looked for in the places
 * integrators report, the most specific first. An id of other characters than an id has makes the event unreadable:
 * it would become part of keys and of paths at Bird.
 *
 * @see https://docs.bird.com/api/channels-api/events
 */
export const readChannelEvent = (
  body: unknown,
): ChannelEvent | { readonly unreadable: string } | undefined => {
  const envelope = envelopeSchema.safeParse(body);
  if (!envelope.success) return undefined;
  const { event, payload } = envelope.data;
  const connector = members(payload.connector);
  const channel = members(payload.channel);
  const workspace = members(payload.workspace);
  const ids = {
    connectorId:
      firstText(payload.connectorId, connector.id, channel.connectorId) ?? uuidOnly(payload.connector),
    channelId: firstText(payload.channelId, channel.id, channel.channelId, payload.id),
    workspaceId: firstText(payload.workspaceId, workspace.id, channel.workspaceId, connector.workspaceId),
  };
  const wrong = Object.entries(ids).find(([, id]) => id !== undefined && !isOutsideId(id));
  if (wrong !== undefined) return { unreadable: `${wrong[0]} is not 1 to 64 letters, digits and hyphens` };
  return {
    ...ids,
    event,
    workspaceId: ids.workspaceId?.toLowerCase(),
    channelStatus: shortText(payload.status, payload.channelStatus, channel.status),
    identifier: shortText(payload.identifier, channel.identifier),
  };
};

const members = (value: unknown): Members => {
  // Checked first, because it is mostly absent and building an error of zod takes long.
  if (value === undefined) return {};
  const parsed = membersSchema.safeParse(value);
  return parsed.success ? parsed.data : {};
};

/** Longest status or name of a channel that is kept. */
const textMax = 255;

const firstText = (...candidates: readonly unknown[]): string | undefined =>
  candidates.find((candidate): candidate is string => typeof candidate === "string" && candidate !== "");

const shortText = (...candidates: readonly unknown[]): string | undefined =>
  firstText(...candidates.filter((text) => typeof text === "string" && text.length <= textMax));

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const uuidOnly = (value: unknown): string | undefined =>
  typeof value === "string" && uuidPattern.test(value) ? value : undefined;

/**
 * The event `perch doctor` sends to see whether the webhook service takes what Bird signs. No service of Bird's has this
 * name, so it belongs to no install, and a request with this very body can do nothing, whoever signed it.
 */
export const doctorProbe = JSON.stringify({ service: "perch", event: "doctor.probe", payload: {} });
