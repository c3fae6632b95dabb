import type { Hold } from "../../queue/gate/holds.ts";
import type { AccessKeyStore } from "../../queue/workspaces/access-keys.ts";
import type { Resumption } from "../../queue/workspaces/held-installs.ts";
import { readToken } from "../installs/install.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { refuseWorkspaces } from "./refuse.ts";

interface Deps {
  readonly io: Io;
  readonly accessKeys: AccessKeyStore;
  /** Deletes the stored subscription state, which was read with another key. */
  readonly states: { readonly forget: (workspaceId: string) => Promise<void> };
  readonly findHold: (workspaceId: string) => Promise<Hold | undefined>;
  readonly resume: (workspaceId: string) => Promise<Resumption>;
}

interface Args {
  readonly workspace: string;
  readonly remove: boolean;
  readonly keyFile?: string | undefined;
  readonly json: boolean;
}

/** One line that may be sent in a header. */
const keyPattern = /^[\x21-\x7e]{1,4096}$/;

/**
 * `perch workspaces key`: stores a workspace's own access key, sealed, or removes it. Installs held because the
 * former key was refused run now.
 */
export const workspacesKeyCommand = async (deps: Deps, args: Args): Promise<number> => {
  const { io } = deps;
  const refused = refuseWorkspaces(io, [args.workspace]);
  if (refused !== undefined) return refused;
  const workspaceId = args.workspace.toLowerCase();
  const changed = await (args.remove ? removeKey(deps, workspaceId) : storeKey(deps, workspaceId, args));
  if ("exit" in changed) return changed.exit;
  await deps.states.forget(workspaceId);
  const hold = await deps.findHold(workspaceId);
  const woken = hold?.reason === "unauthorized" ? (await deps.resume(workspaceId)).woken : undefined;
  if (args.json) printJson(io, { workspaceId, key: changed.key, ...(woken !== undefined && { woken }) });
  else printLine(io, workspaceId + sentences[changed.key] + lifted(woken));
  return exitCode.done;
};

type Changed = { readonly key: keyof typeof sentences } | { readonly exit: number };

const sentences = {
  stored: " has an access key of its own now, sealed.",
  removed: " has no access key of its own any more: BIRD_ACCESS_KEY is used.",
  none: " has no access key of its own: BIRD_ACCESS_KEY is used.",
} as const;

const lifted = (woken: number | undefined): string =>
  woken === undefined ? "" : ` It was held as unauthorized: lifted, ${woken} installs woken.`;

const removeKey = async ({ accessKeys }: Deps, workspaceId: string): Promise<Changed> => ({
  key: (await accessKeys.remove(workspaceId)) ? "removed" : "none",
});

const storeKey = async (
  { io, accessKeys }: Deps,
  workspaceId: string,
  { keyFile }: Args,
): Promise<Changed> => {
  const read = await readToken(io, keyFile, { what: "access key", option: "--key-file" });
  if ("issue" in read) {
    printNote(io, read.issue);
    return { exit: read.isUsage ? exitCode.wrongUsage : exitCode.failed };
  }
  if (!keyPattern.test(read.token)) {
    printNote(io, "That is no access key: it must be one line of printable ASCII without spaces.");
    return { exit: exitCode.failed };
  }
  await accessKeys.store(workspaceId, read.token);
  return { key: "stored" };
};
