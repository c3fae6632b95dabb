import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { cursorSchema } from "../install/values/cursor.ts";
import { isUnmatchedCursor, type UnmatchedEvent } from "../queue/matching/unmatched.ts";
import { isUnreadableCursor, type UnreadableEvent } from "../queue/matching/unreadable.ts";
import { callerOf } from "./auth/reach.ts";
import { addEventList, type EventListDeps } from "./event-list.ts";
import { answer } from "./server/answers.ts";
import { limitSchema, nextCursorSchema } from "./server/parameters.ts";

const unmatchedSchema = z
  .object({
    connectorId: z.string(),
    channelId: z.string(),
    channelStatus: z.string().optional(),
    workspaceId: z.string().optional(),
    identifier: z.string().optional().meta({ description: "The phone number as Bird wrote it." }),
    otherChannelId: z
      .string()
      .optional()
      .meta({ description: "A second event named this channel for the same connector: an incident." }),
    conflict: z.enum(["named_workspace", "other_workspace", "not_held"]).optional().meta({
      description:
        "Why it completes nothing: named_workspace, it came to one workspace's address and names another; other_workspace, the connector is an install's of another workspace; not_held, its install has given the connector up.",
    }),
    namedWorkspaceId: z
      .string()
      .optional()
      .meta({ description: "The workspace that an event to another one's address names." }),
    arrivedAt: z.string().meta({ description: "ISO 8601, UTC." }),
  })
  .meta({ id: "UnmatchedEvent" }) satisfies z.ZodType<UnmatchedEvent>;

const pageSchema = z
  .object({ items: z.array(unmatchedSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "UnmatchedEventPage" });

const unreadableSchema = z
  .object({
    id: z.string(),
    reason: z.string().meta({ description: "Why it cannot be used, and how to fix that." }),
    workspaceId: z.string().optional(),
    channelId: z.string().optional(),
    body: z.string().meta({ description: "The first 4 KiB of the body." }),
    bytes: z.number().meta({ description: "Length of the whole body." }),
    arrivedAt: z.string().meta({ description: "ISO 8601, UTC." }),
  })
  .meta({ id: "UnreadableEvent" }) satisfies z.ZodType<UnreadableEvent>;

const unreadablePageSchema = z
  .object({ items: z.array(unreadableSchema).readonly(), nextCursor: nextCursorSchema })
  .meta({ id: "UnreadableEventPage" });

/** `/v1/events`. */
export const addEvents = (server: FastifyInstance, deps: EventListDeps): void => {
  const { unmatchedEvents, unreadableEvents } = deps;
  addEventList(server, deps);
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    "/v1/events/unreadable",
    {
      // An unreadable event may be about any workspace.
      config: { scope: "read", reach: "fleet" },
      schema: {
        operationId: "listUnreadableEvents",
        tags: ["events"],
        summary: "List signed events that Perch cannot use",
        description:
          "Newest first: events of another kind or form, and those that name only a channel whose connector Bird did not return.",
        querystring: z.strictObject({ limit: limitSchema, cursor: cursorSchema(isUnreadableCursor) }),
        response: { 200: answer(unreadablePageSchema, "A page of events.") },
      },
    },
    ({ query }) => unreadableEvents.list(query),
  );
  routes.get(
    "/v1/events/unmatched",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listUnmatchedEvents",
        tags: ["events"],
        summary: "List channel events that matched no install",
        description:
          "Newest first. Their connector was made outside of Perch, or its install is not kept any more.",
        querystring: z.strictObject({ limit: limitSchema, cursor: cursorSchema(isUnmatchedCursor) }),
        response: { 200: answer(pageSchema, "A page of events.") },
      },
    },
    (request) => unmatchedEvents.list({ ...request.query, within: callerOf(request).workspaces }),
  );
};
