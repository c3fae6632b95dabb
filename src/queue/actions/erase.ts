import { z } from "zod";
import { InstallStateError } from "../../install/errors.ts";
import { isEnded } from "../../install/install.ts";
import { jsonOrUndefined } from "../../install/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import { forgetIds, readIds } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import type { Batches } from "../batches/batches.ts";
import { writeRecord } from "../batches/rows.ts";
import { type InstallData, readStoredInstall } from "../installs/data.ts";
import type { Installs } from "../installs/installs.ts";
import { indexTimes } from "../installs/list.ts";
import type { Keys } from "../keyspace/keys.ts";
import { readMember } from "../matching/unmatched.ts";
import type { NotificationsQueue } from "../outbox/data.ts";

/** How much was found of a number and taken away. */
interface Erasure {
  readonly installs: number;
  readonly notifications: number;
  /** Channel events that matched no install, or could not be read. */
  readonly events: number;
  /** Rejected rows of batches: what they held is gone, that they were rejected stays. */
  readonly rejectedRows: number;
}

/** An install of the number that is to be erased, as far as a person has to know of it. */
interface ErasableInstall {
  readonly id: string;
  /** Its connector, which stays at Bird; undefined when it has none, or that was uninstalled. */
  readonly connectorId: string | undefined;
}

/** Takes a phone number (E.164), and what came with it, out of Redis. */
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

/** A notification of an install, as far as it says which number that is of. */
const aboutSchema = z.object({ payload: z.object({ data: z.object({ phoneNumber: z.string() }) }) });

const isAbout = (text: string | null | undefined, phoneNumber: string): boolean =>
  text?.includes(phoneNumber) === true &&
  // Of one that cannot be read nothing says that the number in it is another's.
  [phoneNumber, undefined].includes(
    aboutSchema.safeParse(jsonOrUndefined(text)).data?.payload.data.phoneNumber,
  );

/**
 * Removes the job of an install that has ended, which BullMQ would do in time, unless a run or the notification of its
 * outcome still needs it. Of its connector stays that it was erased, so that a late event is kept without the number in
 * it. Answers `erased`, `live` when it has not ended, or `unnotified` when its outcome has not been notified.
 */
const eraseJob = defineScript({
  name: "perchErase",
  keys: ["job", "logs", "lock", "completed", "failed", "outbox", "claim", "conn", "statuses"],
  args: ["installId", "ttlMs"],
  answer: z.enum(["erased", "live", "unnotified"]),
  lua: `
if redis.call('EXISTS', job) == 1 then
  local hasEnded = redis.call('ZSCORE', completed, installId) or redis.call('ZSCORE', failed, installId)
  if not hasEnded or redis.call('EXISTS', lock) == 1 then return 'live' end
  if redis.call('ZSCORE', outbox, installId) then return 'unnotified' end
end
redis.call('ZREM', completed, installId)
redis.call('ZREM', failed, installId)
redis.call('ZREM', statuses, installId)
redis.call('DEL', job, logs)
if redis.call('HGET', conn, 'job') == installId then
  redis.call('HDEL', conn, 'job', 'origin')
  redis.call('HSET', conn, 'erased', 1)
  redis.call('PEXPIRE', conn, ttlMs)
end
if string.match(redis.call('GET', claim) or '', '^%S+') == installId then redis.call('DEL', claim) end
return 'erased'`,
});

/** Removes the number from an unmatched event, so that a repeat of the event does not restore it. Answers 1, or 0 when the event is gone. */
const eraseEvent = defineScript({
  name: "perchEraseEvent",
  keys: ["event"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('EXISTS', event) == 0 then return 0 end
redis.call('HDEL', event, 'origin')
redis.call('HSET', event, 'erased', 1)
return 1`,
});

/** Replaces what a rejected row of a batch held; the row stays. Answers 1, or 0 when it is gone. */
export const blankRow = defineScript({
  name: "perchBlank",
  keys: ["rejects"],
  args: ["row", "record"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('HEXISTS', rejects, row) == 0 then return 0 end
redis.call('HSET', rejects, row, record)
return 1`,
});

const pageSize = 500;
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
  const { client, keys, installs, notificationsQueue, retentionMs } = deps;
  const home = keys.home();
  const now = deps.now ?? Date.now;

  async function* installIds(): AsyncGenerator<readonly string[]> {
    for (const shard of keys.shards) yield* idsIn(shard.installs);
  }

  /** Ids of a set in leaves, some at a time. */
  async function* idsIn(key: string): AsyncGenerator<readonly string[]> {
    for (let bound = "+"; ; ) {
      const ids = await readIds(client, { set: key, from: bound, limit: pageSize });
      const last = ids.at(-1);
      if (last === undefined) return;
      yield ids;
      bound = `(${last}`;
    }
  }

  /** Members of a plain sorted set, some at a time; one may come twice. */
  async function* membersOf(key: string): AsyncGenerator<readonly string[]> {
    for (let cursor = "0"; ; ) {
      const [next, flat] = await client.zscan(key, cursor, "COUNT", pageSize);
      yield flat.filter((_, place) => place % 2 === 0);
      if (next === "0") return;
      cursor = next;
    }
  }

  const dataOf = async (phoneNumber: string): Promise<ReadonlyMap<string, InstallData>> => {
    const found = new Map<string, InstallData>();
    for await (const ids of installIds()) {
      const texts = await Promise.all(
        ids.map((id) => client.hmget(keys.ofInstall(id).job(id), "broken:data", "data")),
      );
      for (const [at, id] of ids.entries()) {
        // Data that were not JSON are kept beside their replacement: see `repair-jobs.ts`.
        const text = texts[at]?.find((each) => each !== null);
        if (text?.includes(phoneNumber) !== true) continue;
        const { data, unreadable } = readStoredInstall(text);
        // Of one that cannot be read nothing says that the number in it is another's.
        const itsNumber = data.request.phoneNumber;
        if (itsNumber === phoneNumber || (unreadable !== undefined && itsNumber === "")) found.set(id, data);
      }
    }
    return found;
  };

  const refuseLive = async (ids: readonly string[]): Promise<void> => {
    for (const install of await installs.findMany(ids)) {
      if (install === undefined || isEnded(install.status)) continue;
      throw new InstallStateError(
        `Install ${install.id} of the number is ${install.status}: cancel it, or wait until it has ended.`,
      );
    }
  };

  const eraseInstall = async (id: string, data: InstallData) => {
    const { request, connectorId, batchId, row, failure } = data;
    // A row whose install is gone before it was counted would count as failed.
    if (batchId !== undefined && row !== undefined) await deps.batches.recount(batchId, [row]);
    const shard = keys.ofInstall(id);
    const answer = await eraseJob(client, {
      job: shard.job(id),
      logs: shard.logs(id),
      lock: shard.lock(id),
      completed: shard.installsIn("completed"),
      failed: shard.installsIn("failed"),
      outbox: shard.outbox,
      claim: shard.claim(request.workspaceId, request.phoneId),
      conn: shard.connector(connectorId ?? ""),
      statuses: shard.statuses,
      installId: id,
      ttlMs: retentionMs,
    });
    if (answer === "live") throw new InstallStateError(`Install ${id} runs again: wait until it has ended.`);
    if (answer === "unnotified")
      throw new InstallStateError(
        `The outcome of install ${id} is just being notified: try again in a moment.`,
      );
    const sets = [
      shard.installs,
      shard.workspaceInstalls(request.workspaceId),
      shard.parkedInstalls,
      ...(batchId === undefined ? [] : [shard.batchInstalls(batchId)]),
      ...(failure === undefined ? [] : [shard.errorInstalls(failure.code)]),
    ];
    await Promise.all(sets.map((key) => forgetIds(client, { set: key, ids: [id] })));
    await client.zrem(shard.heldInstalls(request.workspaceId), id);
    await client.srem(shard.held(request.workspaceId), id);
  };

  const eraseNotifications = async (phoneNumber: string): Promise<number> => {
    let erased = 0;
    for await (const ids of membersOf(home.notifications)) {
      const texts = await Promise.all(ids.map((id) => client.hget(home.notificationJob(id), "data")));
      const itsIds = ids.filter((_, at) => isAbout(texts[at], phoneNumber));
      for (const id of itsIds) {
        if ((await notificationsQueue.remove(id)) !== 1)
          throw new InstallStateError(`Notification ${id} is just being sent: try again in a moment.`);
        await Promise.all([client.zrem(home.notifications, id), client.zrem(home.pendingNotifications, id)]);
        erased += 1;
      }
    }
    return erased;
  };

  /** The event stays, so that its connector still finds its install; the number in it goes, and comes with no repeat. */
  const eraseUnmatched = async (phoneNumber: string): Promise<number> => {
    let erased = 0;
    for (const shard of keys.shards) {
      for await (const members of membersOf(shard.unmatched)) {
        const events = members.map((member) => {
          const { workspaceId, slot } = readMember(member);
          return shard.unmatchedEvent(workspaceId, slot);
        });
        const origins = await Promise.all(events.map((event) => client.hget(event, "origin")));
        const its = events.filter((_, at) => namesNumber(origins[at] ?? "", phoneNumber));
        erased += (await Promise.all(its.map((event) => eraseEvent(client, { event })))).length;
      }
    }
    return erased;
  };

  const eraseUnreadable = async (phoneNumber: string): Promise<number> => {
    let erased = 0;
    for (let from = "-"; ; ) {
      const entries = await client.xrange(home.unreadable, from, "+", "COUNT", pageSize);
      const its = entries
        .filter(([, fields]) => namesNumber(fields.join(" "), phoneNumber))
        .map(([id]) => id);
      if (its.length > 0) erased += await client.xdel(home.unreadable, ...its);
      const last = entries.at(-1)?.[0];
      if (last === undefined) return erased;
      from = `(${last}`;
    }
  };

  const blank = writeRecord({ errors: [{ path: "", message: "was erased" }], input: {} });

  const eraseRejected = async (phoneNumber: string): Promise<number> => {
    let erased = 0;
    for await (const batchIds of idsIn(home.batches)) {
      for (const batchId of batchIds) {
        const rejects = `${home.batch(batchId)}:rejects`;
        for (const row of await rowsNaming(rejects, phoneNumber))
          erased += await blankRow(client, { rejects, row, record: blank });
        const own = `${home.batch(batchId)}:own`;
        const rows = await rowsNaming(own, phoneNumber);
        if (rows.size > 0) await client.hdel(own, ...rows);
      }
    }
    return erased;
  };

  const rowsNaming = async (rejects: string, phoneNumber: string): Promise<ReadonlySet<string>> => {
    const rows = new Set<string>();
    for (let cursor = "0"; ; ) {
      const [next, flat] = await client.hscan(rejects, cursor, "COUNT", pageSize);
      for (let at = 0; at < flat.length; at += 2)
        if (namesNumber(flat[at + 1] ?? "", phoneNumber)) rows.add(flat[at] ?? "");
      if (next === "0") return rows;
      cursor = next;
    }
  };

  return {
    find: async (phoneNumber) => {
      const found = await dataOf(phoneNumber);
      await refuseLive([...found.keys()]);
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
      const found = await dataOf(phoneNumber);
      await refuseLive([...found.keys()]);
      for (const [id, data] of found) await eraseInstall(id, data);
      // After the installs: from here on nothing can announce anything of them.
      const notifications = await eraseNotifications(phoneNumber);
      const events = (await eraseUnmatched(phoneNumber)) + (await eraseUnreadable(phoneNumber));
      const rejectedRows = await eraseRejected(phoneNumber);
      const { window } = indexTimes(retentionMs, now());
      for (const shard of keys.shards) {
        for (let back = 0; back < windowsKept; back += 1)
          await client.hdel(shard.lookup("phone", window - back, phoneNumber), phoneNumber);
      }
      return { installs: found.size, notifications, events, rejectedRows };
    },
  };
};

/**
 * Whether a text has this phone number in it, however it is spaced: with `+`, `00` or nothing before the country
 * code. A number without its country code is not recognised.
 */
export const namesNumber = (text: string, phoneNumber: string): boolean => {
  const joined = text.replaceAll(/[\s().\u00A0-]/g, "");
  return new RegExp(`(?<!\\d)(?:00)?${phoneNumber.slice(1)}(?!\\d)`).test(joined);
};
