import { z } from "zod";
import {
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InstallStateError,
} from "../../install/errors/errors.ts";
import { type Install, isEnded } from "../../install/install.ts";
import type { Requester } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { findOrThrow, type Installs } from "../installs/installs.ts";
import { timelineLine } from "../installs/timeline.ts";
import type { Keys } from "../keyspace/keys.ts";

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
  /** Records that the connector was deleted: no install owns it, and the number is free for a new install. */
  markDone(installId: string, requester?: Requester): Promise<void>;
  /** Bird refused: all is as before. */
  abandon(installId: string): Promise<void>;
}

/**
 * Marks an install whose connector is about to be deleted at Bird: from here on no event of the connector counts, and no
 * install may adopt it. Called again before each try.
 *
 * Answers `go`; `uninstalled`; `live` when the install has not ended; `other_owner` and the install that owns the
 * connector; or `gone`.
 */
const markUninstalling = defineScript({
  name: "perchUninstalling",
  keys: ["job", "conn"],
  args: ["installId", "nowMs", "jobKeyPrefix", "ttlMs"],
  answer: z.tuple([z.enum(["go", "uninstalled", "live", "other_owner", "gone"]), z.string()]),
  lua: `
local known = redis.call('HMGET', job, 'timestamp', 'finishedOn', 'uninstalledAt')
if not known[1] then return {'gone', ''} end
if known[3] then return {'uninstalled', ''} end
if not known[2] then return {'live', ''} end
local owner = redis.call('HGET', conn, 'job')
if owner and owner ~= installId and redis.call('EXISTS', jobKeyPrefix .. owner) == 1 then return {'other_owner', owner} end
redis.call('HSET', job, 'uninstallingAt', nowMs)
redis.call('HSET', conn, 'job', installId)
if redis.call('PTTL', conn) < 0 then redis.call('PEXPIRE', conn, ttlMs) end
return {'go', ''}`,
});

/**
 * Records that the connector was deleted at Bird: no install owns it any more, including one that has seen it in Bird's
 * list just before. An install that an event has woken meanwhile ends. Answers 1 when that is recorded, 0 when the
 * install is gone.
 */
const markUninstalled = defineScript({
  name: "perchUninstalled",
  keys: ["job", "logs", "conn", "arrived"],
  args: ["installId", "connectorId", "at", "nowMs", "entry", "ttlMs"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('HGET', conn, 'job') == installId then
  redis.call('HDEL', conn, 'job')
  redis.call('HSET', conn, 'uninstalledAt', at)
  redis.call('ZREM', arrived, connectorId)
  redis.call('PEXPIRE', conn, ttlMs)
end
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('HDEL', job, 'uninstallingAt')
if redis.call('HEXISTS', job, 'finishedOn') == 0 then redis.call('HSETNX', job, 'cancelAt', nowMs) end
if redis.call('HSETNX', job, 'uninstalledAt', at) == 1 then redis.call('RPUSH', logs, entry) end
return 1`,
});

/** Takes the mark of `markUninstalling` off, because Bird refused to delete the connector. Answers 0 when there was none. */
const unmarkUninstalling = defineScript({
  name: "perchNotUninstalled",
  keys: ["job"],
  answer: z.literal([0, 1]),
  lua: "return redis.call('HDEL', job, 'uninstallingAt')",
});

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

  const isLive = ({ id, status }: Install): InstallStateError =>
    new InstallStateError(`Install ${id} is ${status}: cancel it first.`);

  return {
    begin: async (installId) => {
      const install = await findOrThrow(deps.installs, installId);
      const { workspaceId, connectorId } = install;
      const shard = keys.ofInstall(installId);
      if (connectorId === undefined) {
        if (!isEnded(install.status)) throw isLive(install);
        throw new InstallStateError(
          `Install ${installId} has no connector at Bird: there is nothing to uninstall.`,
        );
      }
      const [answer, ownerId] = await markUninstalling(client, {
        job: shard.job(installId),
        conn: shard.connector(connectorId),
        installId,
        nowMs: now(),
        jobKeyPrefix: shard.job(""),
        ttlMs: deps.retentionMs,
      });
      switch (answer) {
        case "go":
          return { workspaceId, connectorId };
        case "uninstalled":
          return undefined;
        case "live":
          throw isLive(await findOrThrow(deps.installs, installId));
        case "other_owner":
          throw new ConnectorOfAnotherInstallError(connectorId, ownerId);
        case "gone":
          throw new InstallNotFoundError(installId);
      }
    },
    markDone: async (installId, { requestedBy = deps.requestedBy } = {}) => {
      const { connectorId = "" } = await findOrThrow(deps.installs, installId);
      const shard = keys.ofInstall(installId);
      const isWritten = await markUninstalled(client, {
        job: shard.job(installId),
        logs: shard.logs(installId),
        conn: shard.connector(connectorId),
        arrived: shard.arrived,
        installId,
        connectorId: connectorId.toLowerCase(),
        at: new Date(now()).toISOString(),
        nowMs: now(),
        entry: timelineLine(now(), "connector deleted at Bird", { requestedBy }),
        ttlMs: deps.retentionMs,
      });
      if (isWritten === 0) throw new InstallNotFoundError(installId);
    },
    abandon: async (installId) => {
      await unmarkUninstalling(client, { job: keys.ofInstall(installId).job(installId) });
    },
  };
};
