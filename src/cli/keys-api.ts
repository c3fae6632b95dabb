import { randomBytes } from "node:crypto";
import { generateApiKey, isApiKeyName, type Scope } from "../api/api-keys.ts";
import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { printJson, printLine, printNote } from "./print.ts";

export interface KeysApiArgs {
  /** Who will use it; default: made up. */
  readonly name?: string | undefined;
  readonly scope: readonly Scope[];
  readonly json: boolean;
}

/** `perch keys api`: makes an API key. The key is shown once and kept nowhere; its entry holds only its digest. */
export const keysApiCommand = async (
  { io }: { readonly io: Io },
  { name = `key-${randomBytes(3).toString("hex")}`, scope, json }: KeysApiArgs,
): Promise<number> => {
  if (!isApiKeyName(name)) {
    printNote(io, "--name must be 1 to 64 letters, digits, dots, dashes or underscores.");
    return exitCode.wrongUsage;
  }
  const scopes = [...new Set(scope)];
  const { key, entry } = generateApiKey(name, scopes);
  if (json) {
    printJson(io, { name, scopes, key, entry });
    return exitCode.done;
  }
  printLine(io, key);
  printLine(io, `API_KEYS=${entry}`);
  printNote(
    io,
    "The first line is the key: hand it to whoever calls the API, it is not shown again. Put the second into .env, with a comma after any entry that is there.",
  );
  return exitCode.done;
};
