import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { EmbeddedRedisError } from "./errors.ts";
import { openLifeline } from "./lifeline.ts";
import type { ServerLayout } from "./server-layout.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

const shownLogLines = 5;

/**
 * Starts a server on a layout that has none, and waits until it answers.
 *
 * The caller holds the start lock. If it fails, no server is left behind.
 *
 * @throws EmbeddedRedisError `start_failed`
 */
export async function launchServer(deps: {
  readonly serverBin: string;
  readonly path: string | undefined;
  readonly layout: ServerLayout;
  readonly log: (message: string) => void;
}): Promise<ChildProcess> {
  const { layout, log } = deps;
  const server = await spawnServer(deps);
  const isAlive = () => server.exitCode === null && server.signalCode === null;
  const state = await waitUntilReady({ socketPath: layout.socketPath, isAlive, log });
  if (state === "ready") return server;
  await stopServer(server);
  const said = await lastLogLines(layout.logFile);
  const what = state === "gone" ? "stopped while starting" : "does not answer";
  throw new EmbeddedRedisError(
    "start_failed",
    `${deps.serverBin} ${what}: see ${layout.logFile}, or set REDIS_URL to a running Redis. It said: ${said}`,
  );
}

async function spawnServer(deps: {
  readonly serverBin: string;
  readonly path: string | undefined;
  readonly layout: ServerLayout;
}): Promise<ChildProcess> {
  const { serverBin, path, layout } = deps;
  await using lifeline = await openLifeline(layout.lifelineFile);
  await using logFile = await open(layout.logFile, "a", 0o600);
  const server = spawn(serverBin, serverArguments(layout), {
    // A session of its own, so that Ctrl-C reaches the workers and not the Redis they still write to.
    detached: true,
    // It outlives its starter, so it inherits none of the secrets in the starter's environment.
    env: path === undefined ? {} : { PATH: path },
    stdio: [lifeline.fd, logFile.fd, logFile.fd],
  });
  server.unref();
  await once(server, "spawn");
  return server;
}

function serverArguments(layout: ServerLayout): readonly string[] {
  return [
    ["--daemonize", "no"],
    ["--port", "0"],
    ["--unixsocket", layout.socketPath],
    ["--unixsocketperm", "700"],
    ["--dir", layout.dir],
    ["--pidfile", layout.pidFile],
    ...persistentServerFlags,
  ].flat();
}

async function lastLogLines(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, "utf8")).split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-shownLogLines).join(" | ");
}

/**
 * The server flags that decide what survives a crash; a server in a container must be run with the same ones.
 *
 * - `appendfsync always`: an acknowledged install is on disk. Redis commits in groups, so a slow disk costs little.
 * - `aof-use-rdb-preamble no`: a plain command log loads in every server version, older or newer, Redis or Valkey.
 * - `hash-max-ziplist-value 1024`: keeps a waiting job in compact form. This is the older name of
 *   `hash-max-listpack-value`: Redis 7 and later and Valkey accept both, Redis 6.2 only this one.
 * - `noeviction`: a queue must refuse work rather than lose it.
 */
export const persistentServerFlags = [
  ["--appendonly", "yes"],
  ["--appendfsync", "always"],
  ["--aof-use-rdb-preamble", "no"],
  ["--hash-max-ziplist-value", "1024"],
  ["--save", ""],
  ["--maxmemory-policy", "noeviction"],
] as const;

const askAgainMs = 500;

/**
 * Ends a server this process started and waits for its exit; SIGTERM, so that it flushes its log. Idempotent.
 *
 * @returns whether it ended by itself, with all it had acknowledged on the disk
 */
export async function stopServer(server: ChildProcess): Promise<boolean> {
  if (server.exitCode !== null || server.signalCode !== null) return server.exitCode === 0;
  const exited = once(server, "exit");
  // The server does not keep this process alive; from here this process waits for its exit.
  server.ref();
  // Redis refuses to stop while it writes its first append-only file, so the signal is repeated.
  const asking = setInterval(() => server.kill("SIGTERM"), askAgainMs);
  server.kill("SIGTERM");
  await exited;
  clearInterval(asking);
  return server.exitCode === 0;
}
