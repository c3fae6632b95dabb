import { type Install, isEnded } from "../install/install.ts";
import type { Requester } from "../install/requested-by.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { InstallNotFoundError } from "./install-not-found-error.ts";
import { ConnectorOfAnotherInstallError, InstallStateError } from "./install-state-error.ts";
import type { Installs } from "./installs.ts";
import type { Keys } from "./keys.ts";
import { timelineLine } from "./timeline.ts";

/**
 * What Redis knows of a connector being deleted at Bird. It is said before the delete is sent, because Bird may carry
 * it out without an answer: until the end is known, no event of the connector counts, no install adopts it, and its
 * own is not retried.
 */
export interface Uninstalling {
  /**
   * Undefined: the connector was deleted before.
   *
   * @throws {InstallNotFoundError} @throws {InstallStateError} it has not ended, or never had a connector.
   * @throws {ConnectorOfAnotherInstallError} naming the install that owns the connector.
   */
  begin(
    installId: string,
  ): Promise<{ readonly workspaceId: string; readonly connectorId: string } | undefined>;
  /** The connector is gone: it is nobody's, and the number is free for a new install. */
  markDone(installId: string, requester?: Requester): Promise<void>;
  /** Bird refused: all is as before. */
  abandon(installId: string): Promise<void>;
}

export const createUninstalling = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly installs: Pick<Installs, "find">;
  /** How long what is known of a connector outlives its install, ms. */
  readonly retentionMs: number;
  /** Who acts, where a call does not say. */
  readonly requestedBy?: string | undefined;
  readonly now?: () => number;
}): Uninstalling => {
  const { client, keys } = deps;
  const now = deps.now ?? Date.now;

  const find = async (installId: string): Promise<Install> => {
    const install = await deps.installs.find(installId);
    if (install === undefined) throw new InstallNotFoundError(installId);
    return install;
  };

  const isLive = ({ id, status }: Install): InstallStateError =>
    new InstallStateError(`Install ${id} is ${status}: cancel it first.`);

  return {
    begin: async (installId) => {
      const install = await find(installId);
      const { workspaceId, connectorId } = install;
      const shard = keys.ofInstall(installId);
      if (connectorId === undefined) {
        if (!isEnded(install.status)) throw isLive(install);
        throw new InstallStateError(
          `Install ${installId} has no connector at Bird: there is nothing to uninstall.`,
        );
      }
      const [answer, ownerId] = await client.perchUninstalling(
        ...[shard.job(installId), shard.connector(connectorId)],
        ...[installId, now(), shard.job(""), deps.retentionMs],
      );
      switch (answer) {
        case "go":
          return { workspaceId, connectorId };
        case "uninstalled":
          return undefined;
        case "live":
          throw isLive(await find(installId));
        case "other_owner":
          throw new ConnectorOfAnotherInstallError(connectorId, ownerId);
        case "gone":
          throw new InstallNotFoundError(installId);
      }
    },
    markDone: async (installId, { requestedBy = deps.requestedBy } = {}) => {
      const { connectorId = "" } = await find(installId);
      const shard = keys.ofInstall(installId);
      const isWritten = await client.perchUninstalled(
        ...[shard.job(installId), shard.logs(installId), shard.connector(connectorId), shard.arrived],
        ...[installId, connectorId.toLowerCase(), new Date(now()).toISOString(), now()],
        ...[timelineLine(now(), "connector deleted at Bird", { requestedBy }), deps.retentionMs],
      );
      if (isWritten === 0) throw new InstallNotFoundError(installId);
    },
    abandon: async (installId) => {
      await client.perchNotUninstalled(keys.ofInstall(installId).job(installId));
    },
  };
};
