import { randomBytes } from "node:crypto";
import { generateApiKey, isApiKeyName, type Scope } from "../../api/auth/api-keys.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { refuseWorkspaces } from "../workspaces/refuse.ts";

export interface KeysApiArgs {
  /** Name of the client; default: a generated one. */
  readonly name?: string | undefined;
  readonly scope: readonly Scope[];
  /** The only workspaces it may see and act in; default: all. */
  readonly workspace?: readonly string[] | undefined;
  readonly json: boolean;
}

/** `perch keys api`: makes an API key. The key is printed once and not stored; its entry holds only its digest. */
export const keysApiCommand = async (
  { io }: { readonly io: Io },
  { name = `key-${randomBytes(3).toString("hex")}`, scope, workspace = [], json }: KeysApiArgs,
): Promise<number> => {
  if (!isApiKeyName(name)) {
    printNote(io, "--name must be 1 to 64 letters, digits, dots, dashes or underscores.");
    return exitCode.wrongUsage;
  }
  const refusal = refuseWorkspaces(io, workspace);
  if (refusal !== undefined) return refusal;
  const scopes = [...new Set(scope)];
  const workspaces = [...new Set(workspace.map((id) => id.toLowerCase()))];
  const { key, entry } = generateApiKey(name, scopes, workspaces);
  if (json) {
    printJson(io, { name, scopes, ...(workspaces.length > 0 && { workspaces }), key, entry });
    return exitCode.done;
  }
  printLine(io, key);
  printLine(io, `API_KEYS=${entry}`);
  printNote(
    io,
    "The first line is the key: give it to the client that calls the API; it is not shown again. Put the second into .env, with a comma after any entry that is there.",
  );
  return exitCode.done;
};
