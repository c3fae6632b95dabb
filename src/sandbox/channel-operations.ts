import { z } from "zod";
import { type Answer, errorAnswer } from "./answer.ts";
import { channelJson } from "./channel.ts";
import { pageAnswer, pageQuerySchema, withQuery } from "./page.ts";
import type { Store } from "./store.ts";

/** Bird's operations on channels. */
export interface ChannelOperations {
  readonly get: (workspaceId: string, channelId: string) => Answer;
  readonly list: (workspaceId: string, query: unknown) => Answer;
}

const platformSchema = z.string().regex(/^[A-Za-z0-9-]+$/, "must be a platform id");
const listQuerySchema = pageQuerySchema(1000).extend({
  platform: z.union([platformSchema.transform((one) => [one]), z.array(platformSchema)]).optional(),
  status: z.string().optional(),
});

/** Plays channels over a store. */
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
