import type { Redis } from "ioredis";
import { installError } from "../install/install-error.ts";
import type { InstallData } from "./install-data.ts";
import type { InstallsQueue } from "./installs-queue.ts";
import type { Keys } from "./keys.ts";
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
   * Gives the worker's slot back: the job lies in BullMQ's delayed set until `untilMs`, with new data from
   * the same instant.
   *
   * @throws {LockLostError}
   */
  park(
    write: Write & { untilMs: number; data?: InstallData | undefined; what?: string | undefined },
  ): Promise<void>;
  /** The install waits for no hold any more. */
  letGo(installId: string, workspaceId: string): Promise<void>;
  /** Writes down why the install fails; failing the job itself is BullMQ's. @throws {LockLostError} */
  fail(write: Write & { data: InstallData }): Promise<void>;
}

/** Writes a worker makes to an install's job. */
export const createInstallStore = (deps: {
  readonly client: Redis;
  readonly queue: InstallsQueue;
  readonly keys: Keys;
  readonly now: () => number;
}): InstallStore => {
  const { client, queue, keys, now } = deps;
  const amend = async ({ installId, token }: Write, data: InstallData, line: string): Promise<void> => {
    const held = await client.perchAmend(
      keys.job(installId),
      keys.lock(installId),
      keys.logs(installId),
      token,
      JSON.stringify(data),
      line,
    );
    if (held === 0) throw new LockLostError(installId);
  };
  return {
    park: async ({ installId, token, untilMs, data, what }) => {
      if (data?.held !== undefined) await client.sadd(keys.held(data.request.workspaceId), installId);
      if (data !== undefined && what !== undefined) {
        await amend(
          { installId, token },
          data,
          timelineLine(now(), what, { next: new Date(untilMs).toISOString() }),
        );
      }
      try {
        await queue.getBackend().moveToDelayed(installId, now(), Math.max(0, untilMs - now()), token, {
          skipAttempt: true,
          ...(data !== undefined && { fieldsToUpdate: { data: JSON.stringify(data) } }),
        });
      } catch (error) {
        if (isLockLost(error)) throw new LockLostError(installId);
        throw error;
      }
    },
    letGo: async (installId, workspaceId) => {
      await client.srem(keys.held(workspaceId), installId);
    },
    fail: async ({ installId, token, data }) => {
      const line = timelineLine(
        now(),
        `failed: ${data.failure === undefined ? "" : installError(data.failure).message}`,
      );
      await amend({ installId, token }, data, line);
    },
  };
};

/** BullMQ's codes for a job that is gone, not active, or locked by nobody or another (`enums/error-code`). */
const lockLostCodes: ReadonlySet<unknown> = new Set([-1, -2, -3, -6]);

const isLockLost = (error: unknown): boolean =>
  error instanceof Error && "code" in error && lockLostCodes.has(error.code);
