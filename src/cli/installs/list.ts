import { type InstallStatus, installStatuses } from "../../install/install.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { plainTable } from "../terminal/plain-table.ts";

export interface ListArgs {
  readonly status?: string | undefined;
  readonly workspace?: string | undefined;
  readonly batch?: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly json: boolean;
}

interface ListDeps {
  readonly io: Io;
  readonly producer: { readonly installs: Pick<Installs, "list"> };
}

const limitMax = 1000;

/** `perch list`: installs, newest first, one page. */
export const listCommand = async ({ io, producer }: ListDeps, args: ListArgs): Promise<number> => {
  const { status, limit } = args;
  if (!isStatus(status)) {
    printNote(io, `--status must be one of ${installStatuses.join(", ")}.`);
    return exitCode.wrongUsage;
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    printNote(io, `--limit must be a whole number from 1 to ${limitMax}.`);
    return exitCode.wrongUsage;
  }
  const page = await producer.installs.list({
    status,
    workspaceId: args.workspace,
    batchId: args.batch,
    limit,
    cursor: args.cursor,
  });
  if (args.json) {
    printJson(io, page);
    return exitCode.done;
  }
  if (page.items.length > 0) {
    io.stdout.write(
      plainTable(
        [
          { title: "install", width: 26 },
          { title: "number", width: 16 },
          { title: "status", width: 16 },
          { title: "workspace", width: 36 },
        ],
        page.items.map((install) => [
          install.id,
          install.phoneNumber,
          install.uninstalledAt === undefined ? install.status : "uninstalled",
          install.workspaceId,
        ]),
      ),
    );
  } else printNote(io, page.nextCursor === undefined ? "No installs." : "No installs on this page.");
  if (page.nextCursor !== undefined) printLine(io, `next page: --cursor ${page.nextCursor}`);
  return exitCode.done;
};

const isStatus = (text: string | undefined): text is InstallStatus | undefined =>
  text === undefined || installStatuses.some((status) => status === text);
