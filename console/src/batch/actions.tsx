import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { Batch } from "../api/resources.ts";
import { mayDo, useSession } from "../session/session.tsx";
import { ActionButton } from "../ui/action-button.tsx";
import { announce } from "../ui/toasts.tsx";
import { useRereadBatches } from "./batch-query.ts";
import { CancelDialog } from "./cancel-dialog.tsx";
import { ExportMenu } from "./export-menu.tsx";
import { RetryDialog } from "./retry-dialog.tsx";

/** What can be done with a batch as it is now. */
export const BatchActions = ({ batch }: { readonly batch: Batch }) => {
  const mayWrite = mayDo(useSession(), "write");
  return (
    <>
      {mayWrite && <Decisions batch={batch} />}
      <ExportMenu batch={batch} />
    </>
  );
};

const Decisions = ({ batch }: { readonly batch: Batch }) => {
  const [open, setOpen] = useState<"retry" | "cancel" | undefined>();
  const close = (): void => setOpen(undefined);
  const { status, failed, cancelled } = batch;
  const isOpen = status === "importing" || status === "running" || status === "paused";
  return (
    <>
      {isOpen && <DecideButton batch={batch} decision={status === "paused" ? "resume" : "pause"} />}
      {failed + cancelled > 0 && <ActionButton onPress={() => setOpen("retry")}>Retry all…</ActionButton>}
      {isOpen && (
        <ActionButton kind="danger" onPress={() => setOpen("cancel")}>
          Cancel…
        </ActionButton>
      )}
      {open === "retry" && <RetryDialog batch={batch} onClose={close} />}
      {open === "cancel" && <CancelDialog batch={batch} onClose={close} />}
    </>
  );
};

type Decision = "pause" | "resume";

const words = {
  pause: ["Pause", "Paused: what was sent to Bird continues, nothing more is sent."],
  resume: ["Resume", "The batch goes on."],
} as const;

const DecideButton = ({ batch, decision }: { readonly batch: Batch; readonly decision: Decision }) => {
  const reread = useRereadBatches();
  const params = { path: { id: batch.id } };
  const { mutate, isPending, variables } = useMutation({
    mutationFn: async (decided: Decision) => {
      await (decided === "pause"
        ? answered(api.POST("/v1/batches/{id}/pause", { params }))
        : answered(api.POST("/v1/batches/{id}/resume", { params })));
      await reread();
    },
    onSuccess: (_, decided) => announce(words[decided][1]),
    onError: ({ message }) => announce(message, "bad"),
  });
  // The batch has the new status before all is read again: until then a press would do nothing.
  const shown = isPending ? variables : decision;
  return (
    <ActionButton
      kind={shown === "resume" ? "primary" : "plain"}
      isPending={isPending}
      onPress={() => mutate(decision)}
    >
      {words[shown][0]}
    </ActionButton>
  );
};
