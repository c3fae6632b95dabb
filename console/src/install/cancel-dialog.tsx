import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { useRereadInstalls } from "../api/reread-installs.ts";
import type { Install } from "../api/resources.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";

/** Ends an install that has not ended. */
export const CancelDialog = ({
  install,
  onClose,
}: {
  readonly install: Install;
  readonly onClose: () => void;
}) => {
  const reread = useRereadInstalls();
  const cancel = async (): Promise<void> => {
    await answered(api.POST("/v1/installs/{id}/cancel", { params: { path: { id: install.id } } }));
    await reread();
  };
  return (
    <ActionDialog
      title={`Cancel ${install.phoneNumber}?`}
      button="Cancel the install"
      kind="danger"
      act={cancel}
      done="The install is cancelled once its run has ended."
      onClose={onClose}
    >
      <p>
        {install.connectorId === undefined
          ? "No create is sent for it any more. One that is on its way may still succeed; this page then says so."
          : "Its connector exists at Bird and stays there, and its channel may still come. Uninstall deletes it."}
      </p>
    </ActionDialog>
  );
};
