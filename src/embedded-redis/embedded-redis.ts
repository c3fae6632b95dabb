import { join, resolve } from "node:path";
import { faultOfFolder } from "../files/trusted-file.ts";
import { recordCleanStop, takeCleanStop } from "./clean-stop.ts";
import { EmbeddedRedisError } from "./errors.ts";
import { findServer } from "./find-server.ts";
import { isLifelineHeld } from "./lifeline.ts";
import { launchServer, stopServer } from "./server.ts";
import { prepareServerLayout, type ServerLayout } from "./server-layout.ts";
import { acquireStartLock } from "./start-lock.ts";
import { readRunId, waitUntilReady } from "./wait-until-ready.ts";

export { EmbeddedRedisError } from "./errors.ts";

/** A private Redis, reachable through a Unix socket by this user alone. */
export interface EmbeddedRedis {
  /** `unix:///absolute/path/redis.sock`, with no character that a URL would escape. */
  readonly url: string;
  /** False when a running server is reused. */
  readonly started: boolean;
  /** Stops the server if this call started it, and waits for its exit. Idempotent. */
  stop(): Promise<void>;
}

/** A server that was started on the data of another one. */
export interface Continued {
  readonly url: string;
  /** `run_id` of the server that left them. */
  readonly runId: string;
}

interface StartOptions {
  /** Made if missing. The server's files go to `redis/` below it. */
  readonly dataDir: string;
  /** A fetched server goes to `redis-bin/` below it, to be shared by data directories. Default: `dataDir`. */
  readonly serversDir?: string | undefined;
  /** The program to run; default: searches for one. */
  readonly serverBin?: string | undefined;
  /** The PATH to search; default: only the usual places. */
  readonly path?: string | undefined;
  /** Whether a missing server may be fetched with apt; default true. */
  readonly allowDownload?: boolean;
  /**
   * Called before any other process can reuse a server that was started on exactly the files which the server before it
   * left at its clean end: nothing was lost or restored in between. What it throws is ignored, because a lost proof
   * only makes installs wait.
   */
  readonly onContinued?: (continued: Continued) => Promise<void>;
  /** Called with one line of text before a slow step. */
  readonly log?: (message: string) => void;
}

/**
 * Starts the Redis of a data directory, or reuses the one running there.
 *
 * Any number of processes may call it at once: one starts the server, the others reuse it. The server outlives
 * a starter that is killed, keeps everything it acknowledged, and is reused by the next start. Then no process stops it,
 * because none knows which others still use it; `kill $(cat <dataDir>/redis/redis.pid)` does.
 *
 * @throws EmbeddedRedisError `no_server` or `start_failed`
 */
export async function startEmbeddedRedis(options: StartOptions): Promise<EmbeddedRedis> {
  try {
    return await startOrReuse(options);
  } catch (error) {
    if (error instanceof EmbeddedRedisError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EmbeddedRedisError(
      "start_failed",
      `Redis cannot start in ${resolve(options.dataDir)} (${reason}): make that folder usable, or set REDIS_URL to a running Redis.`,
      { cause: error },
    );
  }
}

async function startOrReuse(options: StartOptions): Promise<EmbeddedRedis> {
  const { serverBin, path, allowDownload = true, log = () => {} } = options;
  const dataDir = resolve(options.dataDir);
  const serversDir = resolve(options.serversDir ?? dataDir);
  refuseOthersFolders([serversDir, dataDir, join(dataDir, "redis")]);
  const layout = await prepareServerLayout(dataDir);
  const url = `unix://${layout.socketPath}`;

  using _lock = await acquireStartLock(layout.lockFile);
  if (await isRunning(layout, log)) return { url, started: false, stop: async () => {} };
  const foundBin = await findServer({ serversDir, serverBin, path, allowDownload, log });
  const leftBy = await takeCleanStop(layout);
  const server = await launchServer({ serverBin: foundBin, path, layout, log });
  if (leftBy !== undefined) await options.onContinued?.({ url, runId: leftBy }).catch(() => undefined);

  let stopped: Promise<void> | undefined;
  const stopLocked = async () => {
    // Under the lock, no starter takes a server that is about to end for one it can reuse. A data directory
    // deleted meanwhile has no lock, and no starter either.
    using _stopLock = await acquireStartLock(layout.lockFile).catch(() => undefined);
    const runId = await readRunId(layout.socketPath);
    const isClean = await stopServer(server);
    // A data directory deleted meanwhile has no data to prove unchanged.
    if (isClean && runId !== undefined) await recordCleanStop(layout, runId).catch(() => undefined);
  };
  return {
    url,
    started: true,
    stop() {
      stopped ??= stopLocked();
      return stopped;
    },
  };
}

/**
 * Checks that only this user can write in the data directory: another user could put a server, a socket or keys there, and
 * would receive every install. Creates a missing folder for this user only.
 *
 * @throws EmbeddedRedisError `start_failed`
 */
function refuseOthersFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    const fault = faultOfFolder(folder);
    if (fault === undefined) continue;
    throw new EmbeddedRedisError(
      "start_failed",
      `The private Redis is not started, because ${folder} ${fault}: make that folder yours alone or remove it, or set REDIS_URL to a running Redis.`,
    );
  }
}

async function isRunning(layout: ServerLayout, log: (message: string) => void): Promise<boolean> {
  const { socketPath, lifelineFile, pidFile } = layout;
  let isTold = false;
  const isAlive = async () => {
    const isHeld = await isLifelineHeld(lifelineFile);
    if (isHeld && !isTold) log("Waiting for the Redis that another process started ...");
    isTold ||= isHeld;
    return isHeld;
  };
  const state = await waitUntilReady({ socketPath, isAlive, log });
  if (state !== "silent") return state === "ready";
  // A second server on the same files would destroy them, so a lost one has to be ended by hand.
  throw new EmbeddedRedisError(
    "start_failed",
    `The Redis already running on ${layout.dir} does not answer at ${socketPath}: end it (its process id is in ${pidFile}) and try again, or set REDIS_URL to another.`,
  );
}
