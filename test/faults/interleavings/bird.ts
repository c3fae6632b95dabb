import { AsyncLocalStorage } from "node:async_hooks";
import { z } from "zod";
import type { Channels } from "../../../src/bird/channels.ts";
import type { DeletableConnectors } from "../../../src/bird/connectors.ts";
import type { StoredRequest } from "../../../src/queue/installs/data.ts";
import { issue } from "./operation.ts";

/** A connector at Bird, and what became of the one event Bird has to tell of its channel. */
export interface BirdConnector {
  readonly id: string;
  /** The install whose create made it. */
  readonly of: string;
  readonly madeAtMs: number;
  readonly isDeleted: boolean;
  readonly hasChannel: boolean;
  readonly event: "none" | "due" | "acknowledged" | "never sent";
  readonly deliveries: number;
}

/** A create on its way: sent, perhaps carried out, its answer not heard. */
export interface Call {
  /** The process that waits for the answer; undefined when nobody does any more. */
  readonly by: string | undefined;
  /** The install it is sent for. */
  readonly of: string;
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
export const answerRead = (bird: Bird, name: "list connectors" | "get connector", id: string): string[] => {
  const there = bird.connectors.filter(({ isDeleted }) => !isDeleted);
  if (name === "list connectors") return there.map((connector) => connector.id);
  return there
    .filter((connector) => connector.id === id)
    .flatMap(({ hasChannel }) => (hasChannel ? [id, channelOf(id)] : [id]));
};

const createAnswerSchema = z.union([
  z.object({ kind: z.literal("created"), connectorId: z.string() }),
  z
    .object({ kind: z.literal("unknown"), reason: z.string(), birdStatus: z.number().optional() })
    .transform(({ birdStatus, ...unknown }) => ({ ...unknown, birdStatus })),
  z.object({ kind: z.literal("withheld") }),
]);

const deleteAnswerSchema = z.union([
  z.object({ kind: z.literal("gone") }),
  z.object({ kind: z.literal("unavailable"), birdStatus: z.undefined(), reason: z.string() }),
]);

const ids = async (name: "list connectors" | "get connector", id: string): Promise<string[]> =>
  z.array(z.string()).parse(await issue({ kind: "read", name, id }));

/** Bird as Perch's worker knows it; each exchange waits for the explorer. */
export const createBird = (
  request: StoredRequest,
): { readonly connectors: DeletableConnectors; readonly channels: Channels } => ({
  connectors: {
    // The installs of the model differ by their names.
    create: async (_workspaceId, { name: of }, options) =>
      createAnswerSchema.parse(
        await issue({
          kind: "create",
          of,
          maySend: AsyncLocalStorage.bind(options?.maySend ?? (() => true)),
        }),
      ),
    delete: async (_workspaceId, id) => deleteAnswerSchema.parse(await issue({ kind: "delete", id })),
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
      const [found, channelId] = await ids("get connector", id);
      if (found === undefined) return { kind: "not_found" };
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
