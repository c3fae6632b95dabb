import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { Install } from "../api/resources.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Field } from "../ui/text-field.tsx";

/** Sends a text through an install's channel. */
export const MessageDialog = ({
  install,
  onClose,
}: {
  readonly install: Install;
  readonly onClose: () => void;
}) => {
  const send = ({ to = "", text = "" }: Readonly<Record<string, string>>): Promise<unknown> =>
    answered(
      api.POST("/v1/installs/{id}/test-message", {
        params: { path: { id: install.id } },
        body: { to, text },
      }),
    );
  return (
    <ActionDialog
      title="Send a test message"
      button="Send"
      act={send}
      done="Bird accepted the message; it is not delivered yet."
      onClose={onClose}
    >
      <p className="quiet">
        From {install.phoneNumber}. A text reaches only people who wrote to the number in the last 24 hours.
      </p>
      <Field name="to" label="To" type="tel" isRequired placeholder="+14155550199" />
      <Field name="text" label="Text" isLong isRequired defaultValue="Hello from your new number" />
    </ActionDialog>
  );
};
