import type { InstallChange } from "../../install/request.ts";
import { plural } from "../../install/values/shown-text.ts";
import type { BatchActions, BatchRetry, RetryFilter } from "../../queue/actions/batch.ts";
import { confirmOrExit } from "../terminal/confirm.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { createProgress } from "../terminal/progress.ts";

interface RetryBatchDeps {
  readonly io: Io;
  readonly batchActions: Pick<BatchActions, "retry">;
}

interface RetryBatchOptions {
  readonly filter: RetryFilter;
  readonly replace: InstallChange;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Retries failed and cancelled installs of a batch, after a confirmation that names their number. */
export const retryBatch = async (
  deps: RetryBatchDeps,
  batchId: string,
  { filter, replace, yes, json }: RetryBatchOptions,
): Promise<number> => {
  const { io, batchActions } = deps;
  const preview = await batchActions.retry(batchId, { filter, dryRun: true });
  if (preview.matched > 0) {
    const question = questionOf(batchId, preview, filter);
    const refusal = await confirmOrExit(io, { question, yes });
    if (refusal !== undefined) return refusal;
    if (yes) printNote(io, `Starting ${plural(preview.matched, "install")} again.`);
  }
  const retry =
    preview.matched === 0 ? preview : await withProgress(deps, batchId, { filter, replace, preview });
  printRefused(io, retry);
  if (json) printJson(io, retry);
  else printLine(io, retryText(batchId, retry));
  return retry.retried === retry.matched ? exitCode.done : exitCode.failed;
};

const questionOf = (batchId: string, { matched }: BatchRetry, { errorCode }: RetryFilter): string => {
  const which = errorCode === undefined ? "failed or cancelled" : `failed with ${errorCode}`;
  return `Start ${plural(matched, "install")} of batch ${batchId} again (${which})?`;
};

const withProgress = async (
  { io, batchActions }: RetryBatchDeps,
  batchId: string,
  { filter, replace, preview }: Pick<RetryBatchOptions, "filter" | "replace"> & { preview: BatchRetry },
): Promise<BatchRetry> => {
  const progress = createProgress({ io, hasBar: true });
  try {
    return await batchActions.retry(batchId, {
      filter,
      replace,
      onProgress: ({ matched, retried }) =>
        progress.show(
          Math.min(1, matched / preview.matched),
          `${retried} of ${Math.max(matched, preview.matched)} started again, ${matched - retried} refused`,
        ),
    });
  } finally {
    progress.stop();
  }
};

const printRefused = (io: Io, { matched, retried, refused }: BatchRetry): void => {
  for (const { row, message } of refused) printNote(io, `row ${row}: ${message}`);
  const more = matched - retried - refused.length;
  if (refused.length > 0 && more > 0) printNote(io, `… and ${more} more refused`);
};

const retryText = (batchId: string, { matched, retried }: BatchRetry): string => {
  if (matched === 0) return "No install of the batch fits: nothing to start again.";
  const refused = matched === retried ? "" : `, ${matched - retried} refused`;
  return `${plural(matched, "install")}: ${retried} started again${refused}. Watch: perch batch ${batchId} --watch`;
};
