import { useState } from "react";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { CodeBlock } from "../ui/code-block.tsx";
import { ScreenDialog } from "../ui/dialog.tsx";
import { SelectOne } from "../ui/select.tsx";
import { Field } from "../ui/text-field.tsx";

const days = 86_400;

const lifetimes = [
  { id: String(days), text: "Works for 1 day" },
  { id: String(30 * days), text: "Works for 30 days" },
];

/** A link that was made, with its address. */
export interface MadeLink {
  readonly name: string;
  readonly url: string;
}

/** Makes a link. */
export const MakeDialog = ({
  onMade,
  onClose,
}: {
  readonly onMade: (made: MadeLink) => Promise<void>;
  readonly onClose: () => void;
}) => {
  const [expiresIn, setExpiresIn] = useState<string | undefined>();
  return (
    <ActionDialog
      title="Make a link for a customer"
      button="Make the link"
      act={async ({ workspaceId = "", name = "", redirectUrl = "" }) => {
        const { url } = await answered(
          api.POST("/v1/connect-links", {
            body: {
              workspaceId,
              name,
              ...(redirectUrl !== "" && { redirectUrl }),
              ...(expiresIn !== undefined && { expiresInSeconds: Number(expiresIn) }),
            },
          }),
        );
        await onMade({ name, url });
      }}
      done="The link is made."
      onClose={onClose}
    >
      <p>
        On the link's page the customer goes through Meta's signup, and the number is installed into this
        workspace.
      </p>
      <Field name="workspaceId" label="Workspace" description="The Bird workspace's UUID." isRequired />
      <Field name="name" label="Name" description="Of the connector at Bird." isRequired />
      <Field
        name="redirectUrl"
        label="Back to (optional)"
        description="An https address that the customer is sent to at the end."
      />
      <SelectOne
        label="How long it works"
        none="Works for 7 days"
        choices={lifetimes}
        value={expiresIn}
        onChange={setExpiresIn}
      />
    </ActionDialog>
  );
};

/** Shows the address of a new link, here and never again. */
export const MadeDialog = ({ made, onClose }: { readonly made: MadeLink; readonly onClose: () => void }) => (
  <ScreenDialog title={`The link for ${made.name}`} isOpen onClose={onClose}>
    <p>
      Copy it now: it is not stored and not shown again. Whoever has it can connect a number to this
      workspace, once.
    </p>
    <CodeBlock title="Link" text={made.url} />
    <div className="dialog-end">
      <ActionButton kind="primary" data-solid onPress={onClose}>
        Done
      </ActionButton>
    </div>
  </ScreenDialog>
);
