import { z } from "zod";
import { type Failure, installError } from "../../install/errors/install-error.ts";
import { isLockLost } from "../../redis/bullmq.ts";
import type { RedisClient } from "../../redis/client.ts";
import { indexId } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { InstallData } from "./data.ts";
import { createHoldLine } from "./hold-line.ts";
import { indexTimes } from "./list.ts";
import type { InstallsQueues } from "./queue.ts";
import { markStatusLua, statusScoreOf, statusScores } from "./statuses.ts";
import { timelineLine } from "./timeline.ts";

/** This run's lock is gone: another run owns the install, and this one must change nothing. */
export class LockLostError extends Error {
  constructor(installId: string) {
    super(`Install ${installId} belongs to another run.`);
    this.name = "LockLostError";
  }
}

/** One write of a run; only the run that holds the install's lock (`token`) may. */
interface Write {
  readonly installId: string;
  readonly token: string;
}

export interface InstallStore {
  /**
   * Gives the worker's slot back: writes the data down, then puts the job into BullMQ's delayed set until
   * `untilMs`; one that is held gets into its workspace's line and waits there. An install that another run has bound
   * meanwhile keeps that run's data and comes again at once.
   *
   * @throws {LockLostError}
   */
  park(
    write: Write & { untilMs: number; data?: InstallData | undefined; what?: string | undefined },
  ): Promise<void>;
  /** Removes the install from the line of its workspace's hold. */
  leaveHold(installId: string, workspaceId: string): Promise<void>;
  /**
   * Writes down why the install fails; failing the job itself is BullMQ's. False when another run has bound
   * the install meanwhile: then it must not fail for want of a connector.
   *
   * @throws {LockLostError}
   */
  fail(write: Write & { data: InstallData & { readonly failure: Failure } }): Promise<boolean>;
  /**
   * Adds a line to the timeline in the course of a run, and changes nothing else; none that is among the latest already.
   *
   * @throws {LockLostError}
   */
  note(
    write: Write & { what: string; details?: Readonly<Record<string, string | undefined>> },
  ): Promise<void>;
  /**
   * Counts a run that a fault of Perch ended, for as long as the install is not started again by people; apart from
   * the install's data, which may be what Perch cannot read.
   *
   * @returns how many there were. @throws {LockLostError}
   */
  countFault(write: Write & { what: string }): Promise<number>;
}

/**
 * Writes an install's data and a line of its timeline, only for the run that holds the lock, and no unbound data once
 * the install is bound: a worker frozen past its lock must not undo a bind, and neither must a run that took over from a
 * worker that continues later and binds. Of a line that repeats among the latest (`what` is in it) the timeline keeps the
 * first and the latest, or a workspace that is held for weeks would fill Redis with it. The install is marked with the
 * status that its data amount to.
 *
 * Answers 1 when written, 0 when the lock is another run's, 2 when the install was bound meanwhile.
 */
export const amendInstall = defineScript({
  name: "perchAmend",
  keys: ["job", "lock", "logs", "statuses"],
  args: ["installId", "token", "data", "entry", "isBound", "what", "score"],
  answer: z.literal([0, 1, 2]),
  lua: `${markStatusLua}
if redis.call('GET', lock) ~= token then return 0 end
if isBound == '0' and redis.call('HEXISTS', job, 'bound') == 1 then
  markStatus(statuses, installId, ${statusScores.awaiting_channel})
  return 2
end
redis.call('HSET', job, 'data', data)
markStatus(statuses, installId, score)
if entry == '' then return 1 end
local times, latest = 0, nil
local lines = redis.call('LRANGE', logs, -8, -1)
for n, line in ipairs(lines) do
  if string.find(line, what, 1, true) then times, latest = times + 1, n - #lines - 1 end
end
if times > 1 then redis.call('LSET', logs, latest, entry) else redis.call('RPUSH', logs, entry) end
return 1`,
});

/**
 * Counts a run that a fault of Perch ended, only for the run that holds the lock. The install then retries, unless it is
 * marked with what else it waits for. Answers how many there were, 0 when the lock is another run's.
 */
const countFaultOfRun = defineScript({
  name: "perchFault",
  keys: ["job", "lock", "logs", "statuses"],
  args: ["installId", "token", "entry"],
  answer: z.number(),
  lua: `
if redis.call('GET', lock) ~= token then return 0 end
redis.call('RPUSH', logs, entry)
redis.call('ZADD', statuses, 'NX', ${statusScores.retrying}, installId)
return redis.call('HINCRBY', job, 'faults', 1)`,
});

/** Adds a line to the timeline, only for the run that holds the lock. Answers 0 when the lock is another run's. */
const noteInRun = defineScript({
  name: "perchNote",
  keys: ["lock", "logs"],
  args: ["token", "entry", "what"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('GET', lock) ~= token then return 0 end
for _, line in ipairs(redis.call('LRANGE', logs, -8, -1)) do
  if string.find(line, what, 1, true) then return 1 end
end
redis.call('RPUSH', logs, entry)
return 1`,
});

/** Writes a worker makes to an install's job. */
export const createInstallStore = (deps: {
  readonly client: RedisClient;
  readonly queues: InstallsQueues;
  readonly keys: Keys;
  readonly retentionMs: number;
  readonly now: () => number;
  /** The same moment by the clock by which BullMQ moves parked jobs on. Default: `now`. See `redis-clock.ts`. */
  readonly fastest?: () => number;
}): InstallStore => {
  const { client, queues, keys, now, fastest = now } = deps;

  const holdLine = createHoldLine({ client, keys, now });

  /** False when another run has bound the install and `data` does not know. */
  const amend = async (
    { installId, token }: Write,
    data: InstallData,
    { line, what = "" }: { readonly line: string; readonly what?: string | undefined },
  ): Promise<boolean> => {
    const shard = keys.ofInstall(installId);
    const written = await amendInstall(client, {
      job: shard.job(installId),
      lock: shard.lock(installId),
      logs: shard.logs(installId),
      statuses: shard.statuses,
      installId,
      token,
      data: JSON.stringify(data),
      entry: line,
      isBound: data.connectorId === undefined ? 0 : 1,
      what: `"what":${JSON.stringify(what)}`,
      score: statusScoreOf(data),
    });
    if (written === 0) throw new LockLostError(installId);
    return written === 1;
  };

  /** Before the install is so: an entry too many is seen through, one too few would hide the install. */
  const index = async (key: string, installId: string): Promise<void> => {
    const { oldestId, keptMs } = indexTimes(deps.retentionMs, now());
    await indexId(client, { set: key, id: installId, keptMs, oldestId });
  };

  /** `Job.moveToDelayed` would need the job; this is what it calls. */
  const delay = async ({ installId, token }: Write, untilMs: number): Promise<void> => {
    try {
      const delayMs = Math.max(0, untilMs - now());
      await queues
        .of(installId)
        .getBackend()
        .moveToDelayed(installId, fastest(), delayMs, token, { skipAttempt: true });
    } catch (error) {
      throw isLockLost(error) ? new LockLostError(installId) : error;
    }
  };

  /** Who cancelled the batch, when that is why the install ends: its end was then asked for at the same moment. */
  const cancellerOfBatch = async (
    installId: string,
    { batchId }: InstallData,
  ): Promise<string | undefined> => {
    if (batchId === undefined) return undefined;
    const [cancelAt, decided] = await Promise.all([
      client.hget(keys.ofInstall(installId).job(installId), "cancelAt"),
      client.hmget(keys.home().batch(batchId), "decision", "decidedAt", "decidedBy"),
    ]);
    const [decision, decidedAt, decidedBy] = decided;
    return decision === "cancel" && cancelAt === decidedAt ? (decidedBy ?? undefined) : undefined;
  };

  return {
    park: async ({ installId, token, untilMs, data, what }) => {
      const write = { installId, token };
      const { request, batchId } = data?.held === undefined ? {} : data;
      const dueMs =
        request === undefined
          ? untilMs
          : await holdLine.enter({ installId, workspaceId: request.workspaceId, batchId });
      const next = new Date(untilMs).toISOString();
      const line = what === undefined ? "" : timelineLine(now(), what, { next });
      const isCurrent = data === undefined || (await amend(write, data, { line, what }));
      await delay(write, isCurrent ? dueMs : now());
    },
    leaveHold: holdLine.leave,
    fail: async ({ installId, token, data }) => {
      const { failure } = data;
      await index(keys.ofInstall(installId).errorInstalls(failure.code), installId);
      const isCancelled = failure.code === "cancelled";
      const what = isCancelled ? "cancelled" : `failed: ${installError(failure).message}`;
      const requestedBy = isCancelled ? await cancellerOfBatch(installId, data) : undefined;
      return amend({ installId, token }, data, {
        line: timelineLine(now(), what, { requestedBy }),
        what,
      });
    },
    note: async ({ installId, token, what, details }) => {
      const shard = keys.ofInstall(installId);
      const written = await noteInRun(client, {
        lock: shard.lock(installId),
        logs: shard.logs(installId),
        token,
        entry: timelineLine(now(), what, details),
        what: `"what":${JSON.stringify(what)}`,
      });
      if (written === 0) throw new LockLostError(installId);
    },
    countFault: async ({ installId, token, what }) => {
      const shard = keys.ofInstall(installId);
      const count = await countFaultOfRun(client, {
        job: shard.job(installId),
        lock: shard.lock(installId),
        logs: shard.logs(installId),
        statuses: shard.statuses,
        installId,
        token,
        entry: timelineLine(now(), what),
      });
      if (count === 0) throw new LockLostError(installId);
      return count;
    },
  };
};
