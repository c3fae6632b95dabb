import { z } from "zod";
import type { Channels } from "../../../src/bird/channels.ts";
import type { Connectors } from "../../../src/bird/connectors.ts";
import type { StoredRequest } from "../../../src/queue/install-data.ts";
import { issue } from "./operation.ts";

/** A connector at Bird, and what became of the one event Bird has to tell of its channel. */
export interface BirdConnector {
  readonly id: string;
  readonly madeAtMs: number;
  readonly hasChannel: boolean;
  readonly event: "none" | "due" | "acknowledged" | "never sent";
  readonly deliveries: number;
}

/** A create on its way: sent, perhaps carried out, its answer not heard. */
export interface Call {
  /** The process that waits for the answer; undefined when nobody does any more. */
  readonly by: string | undefined;
  /** Once Bird has carried it out. */
  readonly connectorId: string | undefined;
  /** Bird has carried it out by then, or never will. */
  readonly doneByMs: number;
}

export interface Bird {
  readonly connectors: readonly BirdConnector[];
  readonly calls: readonly Call[];
}

export const channelOf = (connectorId: string): string => `channel-of-${connectorId}`;

/** The answer to a read of Bird, as an operation is answered: ids. */
export const answerRead = (bird: Bird, name: "list connectors" | "get channel", id: string): string[] =>
  name === "list connectors"
    ? bird.connectors.map((connector) => connector.id)
    : bird.connectors.filter((c) => c.id === id && c.hasChannel).map((c) => channelOf(c.id));

const createAnswerSchema = z.union([
  z.object({ kind: z.literal("created"), connectorId: z.string() }),
  z
    .object({ kind: z.literal("unknown"), reason: z.string(), birdStatus: z.number().optional() })
    .transform(({ birdStatus, ...unknown }) => ({ ...unknown, birdStatus })),
  z.object({ kind: z.literal("withheld") }),
]);

const ids = async (name: "list connectors" | "get channel", id: string): Promise<string[]> =>
  z.array(z.string()).parse(await issue({ kind: "read", name, id }));

/** Bird as Perch's worker knows it; each exchange waits for the explorer. */
export const createBird = (
  request: StoredRequest,
): { readonly connectors: Connectors; readonly channels: Channels } => ({
  connectors: {
    create: async (_workspaceId, _body, options) =>
      createAnswerSchema.parse(await issue({ kind: "create", maySend: options?.maySend ?? (() => true) })),
    list: async () => ({
      kind: "found",
      value: {
        results: (await ids("list connectors", "")).map((id) => ({
          ...blankConnector,
          id,
          arguments: { phoneId: request.phoneId, wabaId: undefined, phoneNumber: undefined },
        })),
        nextPageToken: undefined,
      },
    }),
    get: async (_workspaceId, id) => {
      const [channelId] = await ids("get channel", id);
      return {
        kind: "found",
        value: { ...blankConnector, id, channel: channelId === undefined ? undefined : { channelId } },
      };
    },
    readiness: async () => ({ kind: "not_found" }),
  },
  // A channel never goes again, so these two say what the read of the connector just said.
  channels: {
    get: async (_workspaceId, id) => ({
      kind: "found",
      value: { id, connectorId: undefined, status: "active" },
    }),
    findByConnector: async () => ({ kind: "not_found" }),
  },
});

const blankConnector = { name: undefined, arguments: undefined, channel: undefined, number: undefined };
