import type { BatchActions } from "../../queue/actions/batch.ts";
import type { InstallActions } from "../../queue/actions/installs.ts";
import { chosenInstalls, readCode } from "../batch/choose.ts";
import { onBatch } from "../batch/read.ts";
import { retryBatch } from "../batch/retry.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";
import { actOnInstalls } from "./act.ts";
import { readToken } from "./install.ts";

export interface RetryArgs {
  readonly ids: readonly string[];
  /** Instead of ids. */
  readonly batch?: string | undefined;
  /** Which installs of the batch: `code=…`. */
  readonly where?: string | undefined;
  /** Which installs of the batch, in place of `where`. */
  readonly code?: string | undefined;
  /** File of a token that replaces the installs' own. */
  readonly accessTokenFile?: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

/** `perch retry`: retries failed and cancelled installs. */
export const retryCommand = async (
  {
    io,
    actions,
    batchActions,
  }: {
    readonly io: Io;
    readonly actions: Pick<InstallActions, "retry">;
    readonly batchActions: Pick<BatchActions, "retry">;
  },
  args: RetryArgs,
): Promise<number> => {
  const { accessTokenFile, yes, json } = args;
  const chosen = chosenInstalls(io, args);
  if (chosen === undefined) return exitCode.wrongUsage;
  const filter = readCode(args);
  const issue = typeof filter === "string" ? filter : undefined;
  if (typeof filter === "string" || ((args.where ?? args.code) !== undefined && "ids" in chosen)) {
    printNote(io, issue ?? "--code chooses among the installs of a batch: name it with --batch.");
    return exitCode.wrongUsage;
  }
  const read = accessTokenFile === undefined ? undefined : await readToken(io, accessTokenFile);
  if (read !== undefined && "issue" in read) {
    printNote(io, read.issue);
    return read.isUsage ? exitCode.wrongUsage : exitCode.failed;
  }
  const replace = read === undefined ? {} : { accessToken: read.token };
  if ("batchId" in chosen)
    return onBatch(io, chosen.batchId, (id) =>
      retryBatch({ io, batchActions }, id, { filter, replace, yes, json }),
    );
  const { ids } = chosen;
  const question = ids.length > 1 ? `Start ${ids.length} installs again?` : undefined;
  return actOnInstalls({ io, act: (id) => actions.retry(id, replace) }, { ids, question, yes, json });
};
