import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type Answer, errorAnswer } from "../http/answer.ts";
import { pageAnswer, pageQuerySchema, withQuery } from "../http/page.ts";
import { channelJson } from "../state/channel.ts";
import type { Store } from "../state/store.ts";
import type { Respond } from "./responder.ts";

/**
 * Bird's routes for channels.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channels-management
 */
export const addChannelRoutes = (
  app: FastifyInstance,
  deps: { readonly operations: ChannelOperations; readonly store: Store; readonly respond: Respond },
): void => {
  const { operations, store, respond } = deps;
  const listPath = "/workspaces/:workspaceId/channels";

  app.get<{ Params: { workspaceId: string } }>(
    listPath,
    { config: { operation: "listChannels" } },
    (request, reply) => {
      const workspaceId = request.params.workspaceId.toLowerCase();
      respond(reply, { operation: "listChannels", workspaceId }, () =>
        operations.list(workspaceId, request.query),
      );
    },
  );

  app.get<{ Params: { workspaceId: string; channelId: string } }>(
    `${listPath}/:channelId`,
    { config: { operation: "getChannel" } },
    (request, reply) => {
      const { channelId } = request.params;
      const workspaceId = request.params.workspaceId.toLowerCase();
      const { phoneId, phoneNumber } = store.connectorOfChannel(workspaceId, channelId) ?? {};
      const subject = { operation: "getChannel", workspaceId, phoneId, phoneNumber } as const;
      respond(reply, subject, () => operations.get(workspaceId, channelId));
    },
  );
};

/** Bird's operations on channels. */
interface ChannelOperations {
  readonly get: (workspaceId: string, channelId: string) => Answer;
  readonly list: (workspaceId: string, query: unknown) => Answer;
}

const platformSchema = z.string().regex(/^[A-Za-z0-9-]+$/, "must be a platform id");
const listQuerySchema = pageQuerySchema(1000).extend({
  platform: z.union([platformSchema.transform((one) => [one]), z.array(platformSchema)]).optional(),
  status: z.string().optional(),
});

/** Creates the operations on channels of a store. */
export const createChannelOperations = ({ store }: { readonly store: Store }): ChannelOperations => ({
  get: (workspaceId, channelId) => {
    const channel = store.connectorOfChannel(workspaceId, channelId)?.channel;
    return channel === undefined ? errorAnswer(404) : { status: 200, body: channelJson(channel) };
  },
  list: (workspaceId, query) =>
    withQuery(listQuerySchema, query, ({ platform, status, ...page }) =>
      pageAnswer(store.workspace(workspaceId).channels, page, {
        isShown: (channel) =>
          !channel.isDeleted &&
          (platform === undefined || platform.includes(channel.platformId)) &&
          (status === undefined || status === channel.status),
        toJson: channelJson,
      }),
    ),
});
