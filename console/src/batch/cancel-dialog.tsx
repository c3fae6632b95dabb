import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { Batch } from "../api/resources.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { plural } from "../words/counts.ts";
import { useRereadBatches } from "./batch-query.ts";

/** Ends what of a batch has no connector yet, and says what stays. */
export const CancelDialog = ({ batch, onClose }: { readonly batch: Batch; readonly onClose: () => void }) => {
  const reread = useRereadBatches();
  const cancel = async (): Promise<void> => {
    await answered(api.POST("/v1/batches/{id}/cancel", { params: { path: { id: batch.id } } }));
    await reread();
  };
  const { queued, awaiting, completed, status } = batch;
  return (
    <ActionDialog
      title="Cancel this batch?"
      button="Cancel the batch"
      kind="danger"
      act={cancel}
      done="The batch is cancelled; its open installs end within moments."
      onClose={onClose}
    >
      <p>
        {plural(queued, "install")} without a connector {queued === 1 ? "ends" : "end"}.
        {status === "importing" && " Its file is not read further."}
      </p>
      <ul className="left">
        {awaiting > 0 && (
          <li>{plural(awaiting, "install")} with a connector at Bird continue to their end.</li>
        )}
        {completed > 0 && <li>{plural(completed, "live number")} stay as they are.</li>}
        <li>Cancelled rows can be retried later.</li>
      </ul>
    </ActionDialog>
  );
};
