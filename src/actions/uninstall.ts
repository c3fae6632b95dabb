import type { DeletableConnectors } from "../bird/connectors.ts";
import type { Install } from "../install/install.ts";
import type { Requester } from "../install/request.ts";
import type { Uninstalling } from "../queue/actions/uninstalling.ts";
import { findOrThrow, type Installs } from "../queue/installs/installs.ts";
import { BirdRefusedError } from "./bird-refused-error.ts";

/**
 * Deletes an install's connector at Bird, which ends the channel's messaging, and records that.
 *
 * Repeating it is safe: a connector that Bird no longer has counts as deleted, and an uninstalled install is returned unchanged.
 *
 * @throws {InstallNotFoundError} @throws {InstallStateError} it has not ended, or never had a connector.
 * @throws {ConnectorOfAnotherInstallError} the connector belongs to another install now: nothing is deleted.
 * @throws {BirdRefusedError} nothing is recorded then.
 */
export type Uninstall = (installId: string, requester?: Requester) => Promise<Install>;

const asked = {
  undone: "did not delete the connector",
  policy: "delete on /workspaces/*/connectors/*",
  whenNotFound: "Look the connector up in Bird.",
  whenRejected: "Look the connector up in Bird.",
  whenUnknown: "Try again: deleting twice does no harm.",
} as const;

export const createUninstall = (deps: {
  readonly installs: Pick<Installs, "find">;
  readonly uninstalling: Uninstalling;
  readonly connectors: Pick<DeletableConnectors, "delete">;
}): Uninstall => {
  const { installs, uninstalling, connectors } = deps;
  return async (installId, requester) => {
    const connector = await uninstalling.begin(installId);
    if (connector !== undefined) {
      const deleted = await connectors.delete(connector.workspaceId, connector.connectorId);
      if (deleted.kind !== "gone") {
        // When the outcome is unknown the connector may be deleted: nothing may rely on it until a repeat succeeds.
        if (isRefused(deleted.birdStatus)) await uninstalling.abandon(installId);
        throw new BirdRefusedError(deleted, asked);
      }
      await uninstalling.markDone(installId, requester);
    }
    return findOrThrow(installs, installId);
  };
};

/** Whether an answer proves that Bird did nothing: a 4xx, except 408. */
const isRefused = (birdStatus: number | undefined): boolean =>
  birdStatus !== undefined && birdStatus >= 400 && birdStatus < 500 && birdStatus !== 408;
