import { z } from "zod";
import { InstallStateError } from "../../install/errors/errors.ts";
import type { RedisClient } from "../../redis/client.ts";
import { forgetIds } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import type { Batches } from "../batches/batches.ts";
import { type InstallData, readStoredInstall } from "../installs/data.ts";
import type { Keys } from "../keyspace/keys.ts";
import { hasAny } from "./names-number.ts";
import { idsIn } from "./walk.ts";

interface EraseDeps {
  readonly client: RedisClient;
  readonly keys: Keys;
}

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

async function* installIds({ client, keys }: EraseDeps): AsyncGenerator<readonly string[]> {
  for (const shard of keys.shards) yield* idsIn(client, shard.installs);
}

/** Returns the installs of a number, with their data, by id; walks all of them. */
export const findInstalls = async (
  { client, keys }: EraseDeps,
  forms: readonly string[],
): Promise<ReadonlyMap<string, InstallData>> => {
  const found = new Map<string, InstallData>();
  for await (const ids of installIds({ client, keys })) {
    const texts = await Promise.all(
      ids.map((id) => client.hmget(keys.ofInstall(id).job(id), "broken:data", "data")),
    );
    for (const [at, id] of ids.entries()) {
      // Data that were not JSON are kept beside their replacement: see `repair-jobs.ts`.
      const text = texts[at]?.find((each) => each !== null);
      if (!hasAny(text, forms)) continue;
      const { data, unreadable } = readStoredInstall(text);
      // Of one that cannot be read nothing says that the number in it is another's.
      const itsNumber = data.request.phoneNumber;
      if (forms.includes(itsNumber) || (unreadable !== undefined && itsNumber === "")) found.set(id, data);
    }
  }
  return found;
};

/** Removes an install that has ended. @throws {InstallStateError} it has not, or its outcome is just being notified. */
export const eraseInstall = async (
  deps: EraseDeps & {
    readonly batches: Pick<Batches, "recount">;
    readonly retentionMs: number;
  },
  id: string,
  data: InstallData,
): Promise<void> => {
  const { client, keys, retentionMs } = deps;
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
    ...(batchId === undefined ? [] : [shard.batchInstalls(batchId)]),
    ...(failure === undefined ? [] : [shard.errorInstalls(failure.code)]),
  ];
  await Promise.all(sets.map((key) => forgetIds(client, { set: key, ids: [id] })));
  await client.zrem(shard.heldInstalls(request.workspaceId), id);
  await client.srem(shard.held(request.workspaceId), id);
};
