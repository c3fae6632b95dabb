import type { DeletableConnectors } from "../bird/connectors.ts";
import { type Install, isEnded } from "../install/install.ts";
import { type InstallActions, InstallStateError } from "../queue/install-actions.ts";
import { InstallNotFoundError } from "../queue/install-not-found-error.ts";
import type { Installs } from "../queue/installs.ts";
import { BirdRefusedError } from "./bird-refused-error.ts";

/**
 * Deletes an install's connector at Bird, which ends the channel's messaging, and writes that down.
 *
 * Repeating it is safe: what is gone at Bird counts as deleted, and an uninstalled install is handed back as it is.
 *
 * @throws {InstallNotFoundError} @throws {InstallStateError} it has not ended, or never had a connector.
 * @throws {BirdRefusedError} nothing is written down then.
 */
export type Uninstall = (installId: string) => Promise<Install>;

const asked = {
  undone: "did not delete the connector",
  policy: "delete on /workspaces/*/connectors/*",
  whenNotFound: "Look the connector up in Bird.",
  whenRejected: "Look the connector up in Bird.",
  whenUnknown: "Try again: deleting twice does no harm.",
} as const;

export const createUninstall = (deps: {
  readonly installs: Pick<Installs, "find">;
  readonly actions: Pick<InstallActions, "markUninstalled">;
  readonly connectors: Pick<DeletableConnectors, "delete">;
}): Uninstall => {
  const { installs, actions, connectors } = deps;
  return async (installId) => {
    const install = await installs.find(installId);
    if (install === undefined) throw new InstallNotFoundError(installId);
    if (!isEnded(install.status))
      throw new InstallStateError(`Install ${installId} is ${install.status}: cancel it first.`);
    if (install.uninstalledAt !== undefined) return install;
    const { workspaceId, connectorId } = install;
    if (connectorId === undefined)
      throw new InstallStateError(
        `Install ${installId} has no connector at Bird: there is nothing to uninstall.`,
      );
    const deleted = await connectors.delete(workspaceId, connectorId);
    if (deleted.kind !== "gone") throw new BirdRefusedError(deleted, asked);
    return actions.markUninstalled(installId);
  };
};
