import { accessKeyPattern, type ChangeAccessKey } from "../../queue/workspaces/change-access-key.ts";
import { readToken } from "../installs/install.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { refuseWorkspaces } from "./refuse.ts";

interface Deps {
  readonly io: Io;
  readonly change: ChangeAccessKey;
}

interface Args {
  readonly workspace: string;
  readonly remove: boolean;
  readonly keyFile?: string | undefined;
  readonly json: boolean;
}

/**
 * `perch workspaces key`: stores a workspace's own access key, sealed, or removes it. Installs held because the
 * former key was refused run now.
 */
export const workspacesKeyCommand = async (deps: Deps, args: Args): Promise<number> => {
  const { io } = deps;
  const refused = refuseWorkspaces(io, [args.workspace]);
  if (refused !== undefined) return refused;
  const workspaceId = args.workspace.toLowerCase();
  const read = args.remove ? {} : await readKey(io, args.keyFile);
  if ("exit" in read) return read.exit;
  const { key, woken } = await deps.change(workspaceId, read.accessKey);
  if (args.json) printJson(io, { workspaceId, key, ...(woken !== undefined && { woken }) });
  else printLine(io, workspaceId + sentences[key] + lifted(woken));
  return exitCode.done;
};

const sentences = {
  stored: " has an access key of its own now, sealed.",
  removed: " has no access key of its own any more: BIRD_ACCESS_KEY is used.",
  none: " has no access key of its own: BIRD_ACCESS_KEY is used.",
} as const;

const lifted = (woken: number | undefined): string =>
  woken === undefined ? "" : ` It was held as unauthorized: lifted, ${woken} installs woken.`;

type ReadKey = { readonly accessKey?: string } | { readonly exit: number };

const readKey = async (io: Io, keyFile: string | undefined): Promise<ReadKey> => {
  const read = await readToken(io, keyFile, { what: "access key", option: "--key-file" });
  if ("issue" in read) {
    printNote(io, read.issue);
    return { exit: read.isUsage ? exitCode.wrongUsage : exitCode.failed };
  }
  if (accessKeyPattern.test(read.token)) return { accessKey: read.token };
  printNote(io, "That is no access key: it must be one line of printable ASCII without spaces.");
  return { exit: exitCode.failed };
};
