import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { z } from "zod";
import { cleanStopFolder } from "../../src/embedded-redis/clean-stop.ts";
import type { startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { findServer } from "../../src/embedded-redis/find-server.ts";
import { chooseSocketPath } from "../../src/embedded-redis/server-layout.ts";
import { acquireStartLock } from "../../src/embedded-redis/start-lock.ts";
import { pingServer } from "../../src/embedded-redis/wait-until-ready.ts";

/** Fetched once a checkout where the machine has none, so that tests neither wait for the archive nor load it. */
const cacheDir = join(import.meta.dirname, "../../node_modules/.cache/perch");

export async function findTestServer(): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  using _lock = await acquireStartLock(join(cacheDir, "fetch.lock"));
  const log = () => {};
  return await findServer({
    serversDir: cacheDir,
    serverBin: undefined,
    path: process.env.PATH,
    allowDownload: true,
    log,
  });
}

/** Lends a data directory; afterwards the server running on it is killed and all files are removed. */
export async function withDataDir(use: (dataDir: string) => Promise<void>, name = "data"): Promise<void> {
  const parent = await realpath(await mkdtemp(join(tmpdir(), "perch-redis-")));
  const dataDir = join(parent, name);
  await mkdir(join(dataDir, "redis"), { recursive: true });
  const socketPath = await chooseSocketPath(join(dataDir, "redis"));
  try {
    await use(dataDir);
  } finally {
    if ((await pingServer(socketPath)) !== "absent") await killServer(`unix://${socketPath}`);
    await rm(parent, { recursive: true, maxRetries: 3 });
    const record = await cleanStopFolder(join(dataDir, "redis"));
    if (record !== undefined) await rm(record, { recursive: true, force: true });
    if (!socketPath.startsWith(parent)) await rm(dirname(socketPath), { recursive: true });
  }
}

export async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ path: url.slice("unix://".length), retryStrategy: () => null });
  client.on("error", () => {});
  try {
    return await use(client);
  } finally {
    if (client.status !== "end") client.disconnect();
  }
}

export async function processIdOf(url: string): Promise<number> {
  const info = await withClient(url, (client) => client.info("server"));
  return z.coerce
    .number()
    .positive()
    .parse(/process_id:(\d+)/.exec(info)?.[1]);
}

/** Kills a server as a power cut would; its end closes the connection. */
export async function killServer(url: string): Promise<void> {
  const processId = await processIdOf(url);
  await withClient(url, async (client) => {
    await client.ping();
    const ended = once(client, "end");
    process.kill(processId, "SIGKILL");
    await ended;
  });
}

/** Writes a server program from lines of shell, which get the real server as `$REAL`. */
export async function writeServerScript(file: string, ...lines: readonly string[]): Promise<string> {
  const script = ["#!/bin/sh", `REAL=${await findTestServer()}`, ...lines, 'exec "$REAL" "$@"', ""].join(
    "\n",
  );
  await writeFile(file, script, { mode: 0o755 });
  return file;
}

/** A server program that stops at the step whose first argument is given until it is let through. */
export async function writeGatedServer(file: string, step: "--version" | "--daemonize") {
  const reached = `${file}.reached`;
  const gate = `${file}.gate`;
  await promisify(execFile)("mkfifo", [reached, gate]);
  await writeServerScript(file, `if [ "$1" = ${step} ]; then : > ${reached}; read -r _ < ${gate}; fi`);
  return {
    file,
    untilReached: async () => {
      await readFile(reached);
    },
    open: () => writeFile(gate, "\n"),
  };
}

type StartOptions = Pick<Parameters<typeof startEmbeddedRedis>[0], "dataDir" | "serverBin">;

/** Another process, in a process group of its own, that has loaded the code and starts Redis on a message. */
export async function spawnStarter() {
  const source = new URL("../../src/embedded-redis/embedded-redis.ts", import.meta.url).href;
  const code = `
    import { startEmbeddedRedis } from ${JSON.stringify(source)};
    process.once("message", async (options) => {
      const { url, started } = await startEmbeddedRedis(options);
      process.once("message", () => {});
      process.send({ url, started });
    });
    process.send("loaded");`;
  const starter: ChildProcess = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    detached: true,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exited = once(starter, "exit");
  await once(starter, "message");
  return {
    begin: (options: StartOptions) => starter.send(options),
    untilStarted: async () => {
      const [message] = await once(starter, "message");
      return z.strictObject({ url: z.string(), started: z.boolean() }).parse(message);
    },
    /** After this message it waits for no other, so it ends if nothing else keeps it alive. */
    leave: async () => {
      starter.send("leave");
      await exited;
    },
    kill: async (signal: NodeJS.Signals) => {
      process.kill(-z.number().parse(starter.pid), signal);
      await exited;
    },
  };
}
