import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

const askAgainMs = 500;

/**
 * Ends a server this process started and waits for its exit; SIGTERM, so that it flushes its log. Idempotent.
 *
 * @returns whether it ended by itself, with all it had acknowledged on the disk
 */
export async function stopServer(server: ChildProcess): Promise<boolean> {
  if (server.exitCode !== null || server.signalCode !== null) return server.exitCode === 0;
  const exited = once(server, "exit");
  // Until now the server did not keep this process alive; now its exit is what this process waits for.
  server.ref();
  // Redis refuses to end while it writes its first append-only file, so it is asked until it does.
  const asking = setInterval(() => server.kill("SIGTERM"), askAgainMs);
  server.kill("SIGTERM");
  await exited;
  clearInterval(asking);
  return server.exitCode === 0;
}
