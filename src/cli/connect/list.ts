import { type ConnectLink, connectLinkStatuses } from "../../install/connect-link.ts";
import { isPositionCursor } from "../../install/values/cursor.ts";
import type { Links } from "../../queue/links/links.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";
import { isPage, printPage } from "../terminal/page.ts";
import { fittingTable } from "../terminal/plain-table.ts";

export interface ConnectListArgs {
  /** Comma list. */
  readonly status?: string | undefined;
  readonly workspace?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly json: boolean;
}

/** `perch connect list`: connect links, newest first, one page. */
export const connectListCommand = async (
  {
    io,
    links,
    now = Date.now,
  }: { readonly io: Io; readonly links: Pick<Links, "list">; readonly now?: () => number },
  { status, workspace, limit, cursor, json }: ConnectListArgs,
): Promise<number> => {
  if (!isPage(io, { limit, cursor }, isPositionCursor)) return exitCode.wrongUsage;
  const names = status?.split(",").map((name) => name.trim());
  const wanted = names && connectLinkStatuses.filter((each) => names.includes(each));
  if (names !== undefined && wanted?.length !== new Set(names).size) {
    printNote(io, `--status must be of ${connectLinkStatuses.join(", ")}, with commas between.`);
    return exitCode.wrongUsage;
  }
  const within = workspace === undefined ? undefined : [workspace];
  const page = await links.list({ limit, cursor, status: wanted, within });
  const table = (items: readonly ConnectLink[]): string => tableOf(items, now());
  return printPage(io, page, { isJson: json, table, none: "No connect links." });
};

const tableOf = (links: readonly ConnectLink[], nowMs: number): string =>
  fittingTable(links, [
    { title: "link", max: 30, of: ({ id }) => id },
    { title: "status", max: 21, of: ({ status }) => status },
    { title: "name", max: 24, of: ({ name }) => name },
    { title: "workspace", max: 36, of: ({ workspaceId }) => workspaceId },
    { title: "install", max: 26, of: ({ installId }) => installId },
    { title: "made", max: 6, of: ({ createdAt }) => ageOf(createdAt, nowMs) },
    { title: "expires", max: 16, of: ({ expiresAt }) => expiresAt.slice(0, 16).replace("T", " ") },
  ]);
