import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { Workspace } from "../api/resources.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Field } from "../ui/text-field.tsx";
import type { WorkspaceAction } from "./columns.tsx";

interface Action {
  readonly title: string;
  readonly button: string;
  readonly kind?: "primary" | "danger";
  readonly done: string;
  readonly text: ReactNode;
  readonly act: (id: string, texts: Readonly<Record<string, string>>) => Promise<unknown>;
}

const pathOf = (id: string) => ({ path: { id } });

/** Prepares it. @throws {Error} Bird has no subscription after it, and why. */
const prepare = async (id: string, rotate: boolean): Promise<void> => {
  const prepared = await answered(
    api.POST("/v1/workspaces/{id}/prepare", {
      params: { ...pathOf(id), ...(rotate && { query: { rotate } }) },
    }),
  );
  if (prepared.status === "missing" || prepared.status === "unavailable")
    throw new Error([prepared.reason ?? "Bird did not answer.", prepared.fix].filter(Boolean).join(" "));
};

const actions = {
  resume: {
    title: "Resume this workspace?",
    button: "Resume",
    done: "The hold is lifted.",
    text: "Its held installs run now. Mend what the hold says first, or Bird holds it again.",
    act: (id) => answered(api.POST("/v1/workspaces/{id}/resume", { params: pathOf(id) })),
  },
  prepare: {
    title: "Prepare this workspace?",
    button: "Prepare",
    done: "Bird sends its events to Perch.",
    text: "Perch makes a subscription to its events at Bird, unless there is one.",
    act: (id) => prepare(id, false),
  },
  rotate: {
    title: "Rotate its subscription?",
    button: "Rotate",
    done: "A new subscription is there, and the old one is deleted.",
    text: "Perch makes a new subscription with the present signing key, then deletes the old one at Bird.",
    act: (id) => prepare(id, true),
  },
  storeKey: {
    title: "Store an access key",
    button: "Store",
    done: "The access key is stored.",
    text: "Bird is called with it for this workspace. It is stored sealed and never shown again.",
    act: (id, { accessKey = "" }) =>
      answered(api.PUT("/v1/workspaces/{id}/access-key", { params: pathOf(id), body: { accessKey } })),
  },
  removeKey: {
    title: "Remove its access key?",
    button: "Remove the key",
    kind: "danger",
    done: "The access key is removed.",
    text: "Bird is called with the shared access key again.",
    act: (id) => answered(api.DELETE("/v1/workspaces/{id}/access-key", { params: pathOf(id) })),
  },
} as const satisfies Record<WorkspaceAction, Action>;

/** Asks before something is done with a workspace, because it is about all its installs. */
export const WorkspaceDialog = ({
  workspace: { workspaceId },
  action,
  onClose,
}: {
  readonly workspace: Workspace;
  readonly action: WorkspaceAction;
  readonly onClose: () => void;
}) => {
  const client = useQueryClient();
  const { title, button, kind, done, text, act }: Action = actions[action];
  return (
    <ActionDialog
      title={title}
      button={button}
      {...(kind !== undefined && { kind })}
      act={async (texts) => {
        await act(workspaceId, texts);
        await client.invalidateQueries({ queryKey: ["workspaces"] });
      }}
      done={done}
      onClose={onClose}
    >
      <p>
        Workspace <code>{workspaceId}</code>
      </p>
      <p>{text}</p>
      {action === "storeKey" && (
        <Field
          label="Access key of Bird"
          name="accessKey"
          type="password"
          isRequired
          maxLength={4096}
          autoFocus
        />
      )}
    </ActionDialog>
  );
};
