import { useState } from "react";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { useRereadInstalls } from "../api/reread-installs.ts";
import type { Install } from "../api/resources.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Field } from "../ui/text-field.tsx";

/** Deletes an install's connector at Bird, once its number was typed. */
export const UninstallDialog = ({
  install,
  onClose,
}: {
  readonly install: Install;
  readonly onClose: () => void;
}) => {
  const reread = useRereadInstalls();
  const [typed, setTyped] = useState("");
  const uninstall = async (): Promise<void> => {
    await answered(api.DELETE("/v1/installs/{id}/connector", { params: { path: { id: install.id } } }));
    await reread();
  };
  return (
    <ActionDialog
      title={`Uninstall ${install.phoneNumber}?`}
      button="Delete the connector"
      kind="danger"
      isBlocked={typed.trim() !== install.phoneNumber}
      act={uninstall}
      done="The connector is deleted at Bird."
      onClose={onClose}
    >
      <p>
        This deletes connector <code>{install.connectorId}</code> at Bird: the number sends and receives
        nothing through Bird any more. It can be installed again, with a new token.
      </p>
      <Field
        label={`Type ${install.phoneNumber} to confirm`}
        value={typed}
        onChange={setTyped}
        autoComplete="off"
        autoFocus
      />
    </ActionDialog>
  );
};
