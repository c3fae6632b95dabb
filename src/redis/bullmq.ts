import { DelayedError, ErrorCode, type Job } from "bullmq";
import { moveToDelayed } from "bullmq/dist/esm/scripts/moveToDelayed-11.js";
import { promote } from "bullmq/dist/esm/scripts/promote-9.js";
import { redisFaultOf } from "./errors.ts";

const hasCode =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): boolean =>
    error instanceof Error && "code" in error && codes.some((code) => code === error.code);

/** Whether BullMQ refused to move a job because the job is not in the expected state. */
export const isNotInState = hasCode(ErrorCode.JobNotInState);

/** Whether BullMQ refused because the job does not exist or is not in the expected state. */
export const isGoneOrNotInState = hasCode(ErrorCode.JobNotExist, ErrorCode.JobNotInState);

/** Whether BullMQ refused because the job does not exist, is not active, or is unlocked or locked by another run. */
export const isLockLost = hasCode(
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
);

/**
 * Lua: a script of BullMQ as a function of its `KEYS` and `ARGV`, so that a script of ours moves a job in the same instant
 * as it writes. The text is BullMQ's own, of the version installed; the number of keys is in the file's name, so an
 * upgrade that changes them does not compile.
 */
const asFunction = ({ name, content }: { readonly name: string; readonly content: string }): string =>
  `\nlocal function ${name}(KEYS, ARGV)\n${content}\nend\n`;

/**
 * Lua: `parkJob(prefix, jobId, token, atMs, forMs)`, by BullMQ's `moveToDelayed`: puts a job that this run has in hand
 * among the delayed ones, at no cost in attempts. False when it is not in this run's hands. `prefix` is the queue's, with
 * the colon; its keys are in the same slot.
 */
export const parkJobLua = `${asFunction(moveToDelayed)}
local function parkJob(prefix, jobId, token, atMs, forMs)
  local keys = {'marker', 'active', 'prioritized', 'delayed', jobId, 'events', 'meta', 'stalled', 'wait', 'limiter', 'pc'}
  for n, name in ipairs(keys) do keys[n] = prefix .. name end
  return moveToDelayed(keys, {prefix, atMs, jobId, token, forMs, '1', '', '0'}) == 0
end`;

/** Lua: `promoteJob(prefix, jobId)`, by BullMQ's `promote`: lets a delayed job run now. False when it is not delayed. */
export const promoteJobLua = `${asFunction(promote)}
local function promoteJob(prefix, jobId)
  local keys = {'delayed', 'wait', 'paused', 'meta', 'prioritized', 'active', 'pc', 'events', 'marker'}
  for n, name in ipairs(keys) do keys[n] = prefix .. name end
  return promote(keys, {prefix, jobId}) == 0
end`;

/** Delay of a job that Redis kept from being processed, ms. */
const delayMs = 1000;

/**
 * Wraps BullMQ's processor: when Redis fails, the job is delayed by a second instead of using up one of its attempts. If
 * the delay fails too, BullMQ retries the job once its lock expires.
 */
export const delayOnRedisFault =
  <J extends Job, T>(
    process: (job: J, token: string | undefined, signal: AbortSignal | undefined) => Promise<T>,
  ) =>
  // BullMQ hands the signal only to a processor that declares three parameters.
  async (job: J, token: string | undefined, signal: AbortSignal | undefined): Promise<T> => {
    try {
      return await process(job, token, signal);
    } catch (error) {
      if (redisFaultOf(error) === undefined) throw error;
      await job.moveToDelayed(Date.now() + delayMs, token).catch(() => undefined);
      throw new DelayedError();
    }
  };
