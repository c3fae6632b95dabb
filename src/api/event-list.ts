import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { cursorSchema } from "../install/values/cursor.ts";
import { jsonShape } from "../install/values/json-shape.ts";
import { jsonOrUndefined } from "../install/values/lenient.ts";
import { refusalDetails, webhookRefusals } from "../install/webhook-refusals.ts";
import type { RefusedEvents } from "../queue/matching/refused.ts";
import { isUnmatchedCursor, type UnmatchedEvent, type UnmatchedEvents } from "../queue/matching/unmatched.ts";
import {
  isUnreadableCursor,
  type UnreadableEvent,
  type UnreadableEvents,
} from "../queue/matching/unreadable.ts";
import { type Caller, callerOf, requireFleet } from "./auth/reach.ts";
import { answer, problems } from "./server/answers.ts";
import { limitSchema, nextCursorSchema } from "./server/parameters.ts";

export const eventStates = ["unmatched", "conflict", "unreadable", "refused"] as const;

const time = (description: string) => z.string().meta({ description: `${description} ISO 8601, UTC.` });

const keptSchema = z
  .object({
    state: z.enum(["unmatched", "conflict"]),
    connectorId: z.string(),
    channelId: z.string(),
    channelStatus: z.string().optional(),
    workspaceId: z.string().optional(),
    identifier: z.string().optional().meta({ description: "The phone number as Bird wrote it." }),
    conflict: z.enum(["named_workspace", "other_workspace", "not_held", "other_channel"]).optional().meta({
      description:
        "named_workspace: it came to one workspace's address and names another; other_workspace: the connector is an install's of another workspace; not_held: its install has given the connector up; other_channel: a second event named another channel.",
    }),
    otherChannelId: z.string().optional().meta({ description: "The channel that a second event named." }),
    namedWorkspaceId: z.string().optional().meta({ description: "The workspace that the event names." }),
    installId: z
      .string()
      .optional()
      .meta({ description: "The install that has or had the connector; for keys of all workspaces." }),
    arrivedAt: time("When it came."),
  })
  .meta({ id: "KeptEvent" });

const shapeSchema = z.unknown().meta({
  description:
    "What its body is made of, without values: `text of 36`, `number`, and so on for each member. Absent for a body that is no JSON or has more than 4 KiB.",
});

const unreadableSchema = z
  .object({
    state: z.literal("unreadable"),
    id: z.string(),
    reason: z.string().meta({ description: "Why it cannot be used, and how to fix that." }),
    workspaceId: z.string().optional(),
    channelId: z.string().optional(),
    shape: shapeSchema.optional(),
    bytes: z.number().meta({ description: "Length of the body." }),
    arrivedAt: time("When it came."),
  })
  .meta({ id: "UnreadableEventShape" });

const refusedSchema = z
  .object({
    state: z.literal("refused"),
    reason: z.enum(webhookRefusals),
    count: z.int().meta({ description: "Webhooks refused for this since `firstAt`." }),
    action: z.string().meta({ description: "What was answered, and what to do." }),
    firstAt: time("When the first of them came."),
    lastAt: time("When the last of them came."),
  })
  .meta({
    id: "RefusedEvents",
    description: "Webhooks of one reason. Forgotten RETENTION_MS after the last of them.",
  });

const pageSchema = z
  .object({
    items: z.array(z.discriminatedUnion("state", [keptSchema, unreadableSchema, refusedSchema])).readonly(),
    nextCursor: nextCursorSchema,
  })
  .meta({ id: "EventPage" });

const description = `What came to the webhook service and completed no install, the latest first. \`unmatched\`: events that match no install (yet);
\`conflict\`: those that complete nothing, whatever comes; \`unreadable\`: signed events that Perch cannot use; \`refused\`: requests that
were answered with an error, by reason, which are counted and not kept. The webhook service writes that count every five seconds: one
that is killed loses the last five. A page may hold fewer items than asked for and still go on. \`unreadable\` and \`refused\` are for keys
of all workspaces.`;

export interface EventListDeps {
  readonly unmatchedEvents: Pick<UnmatchedEvents, "list">;
  readonly unreadableEvents: Pick<UnreadableEvents, "list">;
  readonly listRefused: () => Promise<readonly RefusedEvents[]>;
}

type Item = z.input<typeof pageSchema>["items"][number];

interface Asked {
  readonly state: (typeof eventStates)[number];
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** `GET /v1/events`. */
export const addEventList = (server: FastifyInstance, deps: EventListDeps): void => {
  server.withTypeProvider<ZodTypeProvider>().get(
    "/v1/events",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listEvents",
        tags: ["events"],
        summary: "List events that completed no install",
        description,
        querystring: z.strictObject({
          state: z
            .enum(eventStates, `must be one of ${eventStates.join(", ")}`)
            .default("unmatched")
            .meta({ description: "Which of them." }),
          limit: limitSchema,
          cursor: cursorSchema((text) => isUnmatchedCursor(text) || isUnreadableCursor(text)),
        }),
        response: { 200: answer(pageSchema, "A page of events."), ...problems(403) },
      },
    },
    (request) => {
      const { query } = request;
      const caller = callerOf(request);
      if (query.state === "unmatched" || query.state === "conflict")
        return listKept(deps, caller, { ...query, state: query.state });
      requireFleet(caller);
      return query.state === "unreadable" ? listUnreadable(deps, query) : listRefused(deps);
    },
  );
};

const listKept = async (
  { unmatchedEvents }: EventListDeps,
  { workspaces }: Caller,
  { state, limit, cursor }: Asked & { readonly state: "unmatched" | "conflict" },
) => {
  const page = await unmatchedEvents.list({ limit, cursor, only: state, within: workspaces });
  // Its install may be of a workspace that the key does not reach.
  const isShown = workspaces === undefined;
  return { ...page, items: page.items.map((event) => viewKept(event, state, isShown)) };
};

const viewKept = (
  { ownerId, conflict, ...event }: UnmatchedEvent,
  state: "unmatched" | "conflict",
  isOwnerShown: boolean,
): Item => ({
  state,
  ...event,
  conflict: conflict ?? (event.otherChannelId === undefined ? undefined : "other_channel"),
  installId: isOwnerShown ? ownerId : undefined,
});

const listUnreadable = async ({ unreadableEvents }: EventListDeps, { limit, cursor }: Asked) => {
  const page = await unreadableEvents.list({ limit, cursor });
  return { ...page, items: page.items.map(viewUnreadable) };
};

const viewUnreadable = ({ body, ...event }: UnreadableEvent): Item => {
  const value = Buffer.byteLength(body) === event.bytes ? jsonOrUndefined(body) : undefined;
  return { state: "unreadable", ...event, ...(value !== undefined && { shape: jsonShape(value) }) };
};

const listRefused = async ({ listRefused: list }: EventListDeps) => {
  const items = (await list()).map(
    ({ reason, ...counted }): Item => ({
      state: "refused",
      reason,
      action: refusalDetails[reason],
      ...counted,
    }),
  );
  return { items, nextCursor: undefined };
};
