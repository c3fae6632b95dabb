import { InstallStateError } from "../../install/errors/errors.ts";
import { isEnded } from "../../install/install.ts";
import { writtenForms } from "../../install/values/phone-number.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Batches } from "../batches/batches.ts";
import type { InstallData } from "../installs/data.ts";
import type { Installs } from "../installs/installs.ts";
import { indexTimes } from "../installs/list.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { NotificationsQueue } from "../outbox/data.ts";
import { eraseEvents } from "./events.ts";
import { eraseInstall, findInstalls } from "./installs.ts";
import { eraseLinks } from "./links.ts";
import { eraseNotifications } from "./notifications.ts";
import { eraseRows } from "./rows.ts";

/** How much was found of a number and taken away. */
interface Erasure {
  readonly installs: number;
  readonly notifications: number;
  /** Channel events that matched no install, or could not be read. */
  readonly events: number;
  /** Rejected rows of batches: what they held is gone, that they were rejected stays. */
  readonly rejectedRows: number;
  /** Connect links that led to one of the installs, or that name the number. */
  readonly connectLinks: number;
}

/** An install of the number that is to be erased, as far as a person has to know of it. */
interface ErasableInstall {
  readonly id: string;
  /** Its connector, which stays at Bird; undefined when it has none, or that was uninstalled. */
  readonly connectorId: string | undefined;
}

/** Takes a phone number (E.164), in every form it may have been written in, and what came with it, out of Redis. */
export interface EraseNumber {
  /** Its installs. @throws {InstallStateError} one has not ended. */
  find(phoneNumber: string): Promise<readonly ErasableInstall[]>;
  /**
   * Erases it. What was cut off is made whole by erasing again.
   *
   * @throws {InstallStateError} one of its installs has not ended, or something of it is just being sent.
   */
  erase(phoneNumber: string): Promise<Erasure>;
}

/** Windows of the lookups that may still be there; more than are read, because the last write prolongs them. */
const windowsKept = 5;

/**
 * Walks everything that may hold the number instead of asking the indexes, because those forget what is older and
 * know nothing of a number that a retry replaced. So it takes as long as there is much: some five seconds a walk for
 * 100,000 installs, in short steps.
 */
export const createEraseNumber = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly installs: Pick<Installs, "findMany">;
  readonly batches: Pick<Batches, "recount">;
  readonly notificationsQueue: Pick<NotificationsQueue, "remove">;
  readonly retentionMs: number;
  readonly now?: () => number;
}): EraseNumber => {
  const { client, keys, installs, retentionMs } = deps;
  const now = deps.now ?? Date.now;

  /** Its installs by id. @throws {InstallStateError} one has not ended. */
  const findEnded = async (forms: readonly string[]): Promise<ReadonlyMap<string, InstallData>> => {
    const found = await findInstalls(deps, forms);
    for (const install of await installs.findMany([...found.keys()])) {
      if (install === undefined || isEnded(install.status)) continue;
      throw new InstallStateError(
        `Install ${install.id} of the number is ${install.status}: cancel it, or wait until it has ended.`,
      );
    }
    return found;
  };

  return {
    find: async (phoneNumber) => {
      const found = await findEnded(writtenForms(phoneNumber));
      const seen = await installs.findMany([...found.keys()]);
      const atBird = new Map(
        seen.flatMap((install) =>
          install === undefined || install.uninstalledAt !== undefined
            ? []
            : [[install.id, install.connectorId] as const],
        ),
      );
      return [...found.keys()].map((id) => ({ id, connectorId: atBird.get(id) }));
    },
    erase: async (phoneNumber) => {
      const forms = writtenForms(phoneNumber);
      const found = await findEnded(forms);
      // Before the installs, which say whose they are.
      const connectLinks = await eraseLinks(deps, forms, new Set(found.keys()));
      for (const [id, data] of found) await eraseInstall(deps, id, data);
      // After the installs: from here on nothing can announce anything of them.
      const notifications = await eraseNotifications(deps, forms);
      const events = await eraseEvents(deps, forms);
      const rejectedRows = await eraseRows(deps, forms);
      const { window } = indexTimes(retentionMs, now());
      for (const shard of keys.shards) {
        for (let back = 0; back < windowsKept; back += 1)
          for (const form of forms) await client.hdel(shard.lookup("phone", window - back, form), form);
      }
      return { installs: found.size, notifications, events, rejectedRows, connectLinks };
    },
  };
};
