import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { EmbeddedRedisError } from "./embedded-redis-error.ts";
import { openLifeline } from "./lifeline.ts";
import { persistentServerFlags } from "./server-flags.ts";
import type { ServerLayout } from "./server-layout.ts";
import { stopServer } from "./stop-server.ts";
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
    // A session of its own, so that Ctrl-C reaches the workers and not the Redis they still have to tell.
    detached: true,
    // It outlives its starter, so it gets none of the secrets in the starter's environment.
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
