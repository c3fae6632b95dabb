import closeWithGrace from "close-with-grace";
import type { Logger } from "../../log.ts";

/** What orchestrators give a process between SIGTERM and SIGKILL is 30 s; this stays below. */
export const graceMs = 25_000;

/**
 * Resolves once the process received a signal to stop and everything is closed. A second signal, an error while closing, or
 * 25 s end the process at once: another worker continues its jobs.
 */
export const untilStopped = (log: Logger, close: () => Promise<void>): Promise<void> =>
  new Promise((resolve) => {
    closeWithGrace({ delay: graceMs, logger: false }, async ({ err, signal }) => {
      log.info({ signal, err }, "stopping; a second signal ends at once");
      await close();
      if (err !== undefined) throw err;
      resolve();
    });
  });
