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
  fittingTable(
    [
      { title: "link", max: 30 },
      { title: "status", max: 21 },
      { title: "name", max: 24 },
      { title: "workspace", max: 36 },
      { title: "install", max: 26 },
      { title: "made", max: 6 },
      { title: "expires", max: 16 },
    ],
    links.map((link) => [
      link.id,
      link.status,
      link.name,
      link.workspaceId,
      link.installId ?? "",
      ageOf(link.createdAt, nowMs),
      link.expiresAt.slice(0, 16).replace("T", " "),
    ]),
  );
