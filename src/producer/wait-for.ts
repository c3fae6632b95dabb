import type { QueueEvents } from "bullmq";
import { type Install, isEnded } from "../install/install.ts";
import type { Installs } from "../queue/installs.ts";
import type { InstallsQueue } from "../queue/installs-queue.ts";

/** No end within the time given. The install goes on; wait again with the same id. */
export class WaitTimeoutError extends Error {
  readonly code = "wait_timeout";

  constructor(installId: string) {
    super(`Install ${installId} has not ended yet: wait again or look at its status.`);
    this.name = "WaitTimeoutError";
  }
}

/** No install of this id: it never was, or its retention is over. */
export class InstallNotFoundError extends Error {
  readonly code = "install_not_found";

  constructor(installId: string) {
    super(`There is no install ${installId}: check the id; ended installs are kept for RETENTION_MS.`);
    this.name = "InstallNotFoundError";
  }
}

/** BullMQ's events may be trimmed before they are read, so an install is looked at this often besides. */
const recheckMs = 5000;

/**
 * Waits until an install has ended, in whatever way, and returns it.
 *
 * @throws {WaitTimeoutError} @throws {InstallNotFoundError}
 */
export const waitForInstall = async (
  deps: { readonly queue: InstallsQueue; readonly events: QueueEvents; readonly installs: Installs },
  installId: string,
  timeoutMs: number,
): Promise<Install> => {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const install = await deps.installs.find(installId);
    if (install === undefined) throw new InstallNotFoundError(installId);
    if (isEnded(install.status)) return install;
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) throw new WaitTimeoutError(installId);
    const job = await deps.queue.getJob(installId);
    // Rejects for a failed job and when the time is up: either way the install itself is looked at next.
    await job?.waitUntilFinished(deps.events, Math.min(leftMs, recheckMs)).catch(() => undefined);
  }
};
