import { viewWorkspace } from "../../api/workspaces-view.ts";
import { countedMax, type ListWorkspaces } from "../../queue/workspaces/list.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io } from "../terminal/io.ts";
import { isPage, printPage } from "../terminal/page.ts";
import { fittingTable } from "../terminal/plain-table.ts";

export interface WorkspacesListArgs {
  readonly held: boolean;
  /** Part of the id. */
  readonly text?: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly json: boolean;
}

/** `perch workspaces list`: what Perch knows of each workspace, by their ids, one page. */
export const workspacesListCommand = async (
  {
    io,
    list,
    now = Date.now,
  }: { readonly io: Io; readonly list: ListWorkspaces; readonly now?: () => number },
  { held, text, limit, cursor, json }: WorkspacesListArgs,
): Promise<number> => {
  if (!isPage(io, { limit })) return exitCode.wrongUsage;
  const found = await list({
    limit,
    text,
    after: cursor?.toLowerCase(),
    ...(held && { held: true }),
  });
  const page = { ...found, items: found.items.map(viewWorkspace) };
  return printPage(io, page, {
    isJson: json,
    table: (items) => tableOf(items, now()),
    none: held ? "No workspace is held." : "No workspaces.",
    note: noteOn(page),
  });
};

const noteOn = ({
  isComplete,
  items,
}: {
  isComplete: boolean;
  items: readonly Row[];
}): string | undefined => {
  const notes = [
    isComplete ? "" : "A worker still looks for the workspaces of an earlier version.",
    items.some(({ installs }) => installs > countedMax)
      ? `Failed are counted among the newest ${countedMax} installs of a workspace.`
      : "",
  ].filter((note) => note !== "");
  return notes.length === 0 ? undefined : notes.join(" ");
};

type Row = ReturnType<typeof viewWorkspace>;

const tableOf = (rows: readonly Row[], nowMs: number): string =>
  fittingTable(rows, [
    { title: "workspace", max: 36, of: ({ workspaceId }) => workspaceId },
    { title: "held", max: 12, of: ({ hold }) => hold?.reason },
    { title: "until", max: 16, of: ({ hold }) => hold?.until.slice(5, 16).replace("T", " ") },
    { title: "installs", max: 9, of: ({ installs }) => installs },
    { title: "waiting", max: 9, of: ({ heldInstalls }) => heldInstalls },
    { title: "failed", max: 7, of: ({ newestByStatus }) => newestByStatus.failed },
    { title: "subscription", max: 12, of: ({ subscription }) => subscription?.status },
    { title: "own key", max: 7, of: ({ hasOwnAccessKey }) => (hasOwnAccessKey ? "yes" : "") },
    { title: "event", max: 6, of: ({ lastEventAt: at }) => at && ageOf(at, nowMs) },
  ]);
