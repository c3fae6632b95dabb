import type { InstallActions } from "../queue/install-actions.ts";
import { actOnInstalls } from "./act-on-installs.ts";
import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { printNote } from "./print.ts";
import { readToken } from "./read-token.ts";

export interface RetryArgs {
  readonly ids: readonly string[];
  /** Holds a token that replaces the installs' own. */
  readonly accessTokenFile?: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

/** `perch retry`: starts failed and cancelled installs again. */
export const retryCommand = async (
  { io, actions }: { readonly io: Io; readonly actions: Pick<InstallActions, "retry"> },
  { ids, accessTokenFile, yes, json }: RetryArgs,
): Promise<number> => {
  const unique = [...new Set(ids)];
  const read = accessTokenFile === undefined ? undefined : await readToken(io, accessTokenFile);
  if (read !== undefined && "fault" in read) {
    printNote(io, read.fault);
    return read.isUsage ? exitCode.wrongUsage : exitCode.failed;
  }
  const change = read === undefined ? {} : { accessToken: read.token };
  return actOnInstalls(
    { io, act: (id) => actions.retry(id, change) },
    {
      ids: unique,
      question: unique.length > 1 ? `Start ${unique.length} installs again?` : undefined,
      yes,
      json,
    },
  );
};
