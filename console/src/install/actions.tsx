import { useState } from "react";
import type { Install, Scope } from "../api/resources.ts";
import { mayDo, useSession } from "../session/session.tsx";
import { ActionButton } from "../ui/action-button.tsx";
import { isEnded } from "../words/install-status.ts";
import { CancelDialog } from "./cancel-dialog.tsx";
import { MessageDialog } from "./message-dialog.tsx";
import { RetryDialog } from "./retry-dialog.tsx";
import { UninstallDialog } from "./uninstall-dialog.tsx";

type Open = "retry" | "cancel" | "message" | "uninstall";

/** What can be done with an install as it is now. */
export const InstallActions = ({ install }: { readonly install: Install }) => {
  const [open, setOpen] = useState<Open | undefined>();
  const close = (): void => setOpen(undefined);
  const session = useSession();
  const may = (scope: Scope): boolean => mayDo(session, scope);
  const { status, connectorId, uninstalledAt } = install;
  const isLive = status === "completed" && uninstalledAt === undefined;
  return (
    <>
      {may("write") && (status === "failed" || status === "cancelled") && (
        <ActionButton kind="primary" onPress={() => setOpen("retry")}>
          Retry
        </ActionButton>
      )}
      {may("messages") && isLive && (
        <ActionButton onPress={() => setOpen("message")}>Send a test message</ActionButton>
      )}
      {may("write") && !isEnded(status) && (
        <ActionButton onPress={() => setOpen("cancel")}>Cancel</ActionButton>
      )}
      {may("admin") && isEnded(status) && connectorId !== undefined && uninstalledAt === undefined && (
        <ActionButton kind="danger" onPress={() => setOpen("uninstall")}>
          Uninstall
        </ActionButton>
      )}
      {open === "retry" && <RetryDialog install={install} onClose={close} />}
      {open === "cancel" && <CancelDialog install={install} onClose={close} />}
      {open === "message" && <MessageDialog install={install} onClose={close} />}
      {open === "uninstall" && <UninstallDialog install={install} onClose={close} />}
    </>
  );
};
