import { refusalDetails } from "../../install/webhook-refusals.ts";
import type { RefusedEvents } from "../../queue/matching/refused.ts";
import {
  isUnmatchedCursor,
  type UnmatchedEvent,
  type UnmatchedEvents,
} from "../../queue/matching/unmatched.ts";
import {
  isUnreadableCursor,
  type UnreadableEvent,
  type UnreadableEvents,
} from "../../queue/matching/unreadable.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io } from "../terminal/io.ts";
import { isPage, printPage } from "../terminal/page.ts";
import { fittingTable } from "../terminal/plain-table.ts";

export interface EventsArgs {
  /** As `GET /v1/events` names them. */
  readonly state: "unmatched" | "conflict" | "unreadable" | "refused";
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly json: boolean;
}

interface EventsDeps {
  readonly io: Io;
  readonly unmatchedEvents: Pick<UnmatchedEvents, "list">;
  readonly unreadableEvents: Pick<UnreadableEvents, "list">;
  readonly listRefused: () => Promise<readonly RefusedEvents[]>;
  readonly now?: () => number;
}

/** `perch events`: what came to the webhook service and completed no install, the latest first, one page. */
export const eventsCommand = async (deps: EventsDeps, args: EventsArgs): Promise<number> => {
  const { io, now = Date.now } = deps;
  const { state, limit, cursor, json } = args;
  if (!isPage(io, { limit, cursor }, isEventCursor)) return exitCode.wrongUsage;
  const { page, table } = await read(deps, args, now());
  const none = page.nextCursor === undefined ? `No ${state} events.` : undefined;
  return printPage<unknown>(io, page, { isJson: json, table, none });
};

const isEventCursor = (text: string): boolean => isUnmatchedCursor(text) || isUnreadableCursor(text);

const read = async (deps: EventsDeps, { state, limit, cursor }: EventsArgs, nowMs: number) => {
  if (state === "refused") {
    const items = await deps.listRefused();
    return { page: { items, nextCursor: undefined }, table: () => refusedTable(items, nowMs) };
  }
  if (state === "unreadable") {
    const page = await deps.unreadableEvents.list({ limit, cursor });
    return { page, table: () => unreadableTable(page.items, nowMs) };
  }
  const page = await deps.unmatchedEvents.list({ limit, cursor, only: state });
  return { page, table: () => keptTable(page.items, nowMs) };
};

const keptTable = (events: readonly UnmatchedEvent[], nowMs: number): string =>
  fittingTable(events, [
    { title: "age", max: 5, of: ({ arrivedAt }) => ageOf(arrivedAt, nowMs) },
    { title: "connector", max: 64, of: ({ connectorId }) => connectorId },
    { title: "channel", max: 64, of: ({ channelId }) => channelId },
    { title: "workspace", max: 64, of: ({ workspaceId }) => workspaceId },
    { title: "identifier", max: 20, of: ({ identifier }) => identifier },
    {
      title: "conflict",
      max: 16,
      of: ({ conflict, otherChannelId }) => conflict ?? (otherChannelId && "other_channel"),
    },
    { title: "install", max: 26, of: ({ ownerId }) => ownerId },
  ]);

const unreadableTable = (events: readonly UnreadableEvent[], nowMs: number): string =>
  fittingTable(events, [
    { title: "age", max: 5, of: ({ arrivedAt }) => ageOf(arrivedAt, nowMs) },
    { title: "workspace", max: 64, of: ({ workspaceId }) => workspaceId },
    { title: "channel", max: 64, of: ({ channelId }) => channelId },
    { title: "bytes", max: 7, of: ({ bytes }) => bytes },
    { title: "reason", max: 200, of: ({ reason }) => reason },
  ]);

const refusedTable = (refused: readonly RefusedEvents[], nowMs: number): string =>
  fittingTable(refused, [
    { title: "reason", max: 24, of: ({ reason }) => reason },
    { title: "count", max: 12, of: ({ count }) => count },
    { title: "first", max: 5, of: ({ firstAt }) => ageOf(firstAt, nowMs) },
    { title: "last", max: 5, of: ({ lastAt }) => ageOf(lastAt, nowMs) },
    { title: "what to do", max: 200, of: ({ reason }) => refusalDetails[reason] },
  ]);
