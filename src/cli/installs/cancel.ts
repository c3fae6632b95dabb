import type { BatchActions } from "../../queue/actions/batch.ts";
import type { InstallActions } from "../../queue/actions/installs.ts";
import { cancelBatch } from "../batch/cancel.ts";
import { chosenInstalls } from "../batch/choose.ts";
import { type BatchReader, onBatch } from "../batch/read.ts";
import { exitCode, type Io } from "../terminal/io.ts";
import { actOnInstalls } from "./act.ts";

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
