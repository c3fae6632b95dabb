import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { useRereadInstalls } from "../api/reread-installs.ts";
import type { Install } from "../api/resources.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Field } from "../ui/text-field.tsx";
import { TokenField } from "../ui/token-field.tsx";

const members = [
  ["phoneNumber", "Phone number"],
  ["name", "Name"],
  ["wabaId", "WABA id"],
  ["phoneId", "Phone id"],
] as const;

/** Starts a failed or cancelled install again, with what was corrected. */
export const RetryDialog = ({
  install,
  onClose,
}: {
  readonly install: Install;
  readonly onClose: () => void;
}) => {
  const reread = useRereadInstalls();
  const retry = async ({ accessToken = "", ...texts }: Readonly<Record<string, string>>): Promise<void> => {
    const changed = members.filter(([name]) => texts[name] !== undefined && texts[name] !== install[name]);
    const body = {
      ...Object.fromEntries(changed.map(([name]) => [name, texts[name]])),
      ...(accessToken !== "" && { accessToken }),
    };
    await answered(api.POST("/v1/installs/{id}/retry", { params: { path: { id: install.id } }, body }));
    await reread();
  };
  return (
    <ActionDialog
      title="Retry this install"
      button="Retry"
      act={retry}
      done="The install is queued again."
      onClose={onClose}
    >
      <p className="quiet">
        Correct what was wrong. Nothing is created twice: Perch looks for an existing connector first.
      </p>
      {members.map(([name, label]) => (
        <Field key={name} name={name} label={label} defaultValue={install[name]} />
      ))}
      <TokenField label="New access token" />
    </ActionDialog>
  );
};
