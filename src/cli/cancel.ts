import type { BatchActions } from "../queue/batch-actions.ts";
import type { InstallActions } from "../queue/install-actions.ts";
import { actOnInstalls } from "./act-on-installs.ts";
import type { BatchReader } from "./batch-reader.ts";
import { cancelBatch } from "./cancel-batch.ts";
import { chosenInstalls } from "./chosen-installs.ts";
import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { onBatch } from "./on-batch.ts";

export interface CancelArgs {
  readonly ids: readonly string[];
  /** Instead of ids. */
  readonly batch?: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

/** `perch cancel`: ends installs that have not ended. */
export const cancelCommand = async (
  {
    io,
    actions,
    producer,
    batchActions,
  }: {
    readonly io: Io;
    readonly actions: Pick<InstallActions, "cancel">;
    readonly producer: BatchReader;
    readonly batchActions: Pick<BatchActions, "cancel">;
  },
  args: CancelArgs,
): Promise<number> => {
  const { yes, json } = args;
  const chosen = chosenInstalls(io, args);
  if (chosen === undefined) return exitCode.wrongUsage;
  if ("batchId" in chosen)
    return onBatch(io, chosen.batchId, (id) =>
      cancelBatch({ io, producer, batchActions }, id, { yes, json }),
    );
  const { ids } = chosen;
  const question = ids.length > 1 ? `Cancel ${ids.length} installs?` : undefined;
  return actOnInstalls({ io, act: actions.cancel }, { ids, question, yes, json });
};
