import { setTimeout as sleep } from "node:timers/promises";
import { pingServer } from "./ping-server.ts";

const pollMs = 10;
const defaultMaxQuietMs = 20_000;

/**
 * Waits for the server behind a socket to work, as long as it takes to load its data.
 *
 * @param isAlive tells whether a server that does not listen yet, or no longer, still runs
 * @returns `ready`; `gone` when nobody listens and none is alive; `silent` when one is but gave no sign for `maxQuietMs`
 */
export async function waitUntilReady(options: {
  readonly socketPath: string;
  readonly isAlive: () => boolean | Promise<boolean>;
  readonly log: (message: string) => void;
  /** Default 20 s, since a busy machine may take seconds to start a process. */
  readonly maxQuietMs?: number;
}): Promise<"ready" | "gone" | "silent"> {
  const { maxQuietMs = defaultMaxQuietMs } = options;
  let lastSignAtMs = performance.now();
  let isLoading = false;
  while (performance.now() - lastSignAtMs < maxQuietMs) {
    const answer = await pingServer(options.socketPath);
    if (answer === "ready") return "ready";
    if (answer === "absent" && !(await options.isAlive())) return "gone";
    if (answer === "loading") {
      lastSignAtMs = performance.now();
      if (!isLoading) options.log("Redis is loading its data ...");
      isLoading = true;
    }
    await sleep(pollMs);
  }
  return "silent";
}
