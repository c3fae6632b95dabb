import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findTestServer } from "../servers/embedded-redis-harness.ts";
import { until } from "./until.ts";

/** A Redis server as a process on loopback. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Runs on a connection of its own. */
  use<T>(run: (redis: Redis) => Promise<T>): Promise<T>;
}

/**
 * Starts one more server with options as on a command line; a first word without dashes is a configuration file. On the
 * port of one that was killed it takes over that one's files, and is given back before it has loaded them.
 */
export type StartRedisServer = (options: readonly string[], portBefore?: number) => Promise<RedisServer>;

/** Options of a server that may hold installs. */
export const durable: readonly string[] = [
  ...["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"],
];

/** Lends a folder and servers in it; afterwards all are killed and removed, whatever happened. */
export const withRedisServers = async (
  use: (start: StartRedisServer, dir: string) => Promise<void>,
): Promise<void> => {
  const binary = await findTestServer();
  const dir = await mkdtemp(join(tmpdir(), "perch-servers-"));
  const children: ChildProcess[] = [];
  try {
    await use(async (options, portBefore) => {
      const port = portBefore ?? (await freePort());
      const files = ["--dir", dir, "--appenddirname", `aof-${port}`, "--dbfilename", `${port}.rdb`];
      const child = spawn(binary, [...options, "--port", `${port}`, "--bind", "127.0.0.1", ...files], {
        stdio: "ignore",
      });
      children.push(child);
      const server = serverOf(child, port);
      if (portBefore === undefined)
        await until(`the server on ${port} answers`, () =>
          server.use((redis) => redis.ping()).catch(() => false),
        );
      return server;
    }, dir);
  } finally {
    await Promise.all(children.map(kill));
    await rm(dir, { recursive: true, force: true });
  }
};

/** Waits until a replica of the server has all that it had taken when this was called. */
export const untilReplicated = async (server: RedisServer): Promise<void> => {
  const offset = (pattern: RegExp): Promise<number> =>
    server.use(async (redis) => Number(pattern.exec(await redis.info("replication"))?.[1] ?? -1));
  const taken = await offset(/^master_repl_offset:(\d+)/m);
  await until("a replica has everything", async () => (await offset(/^slave0:.*offset=(\d+)/m)) >= taken);
};

const serverOf = (child: ChildProcess, port: number): RedisServer => ({
  port,
  url: `redis://127.0.0.1:${port}`,
  kill: () => kill(child),
  use: async (run) => {
    const redis = new Redis(port, "127.0.0.1", { lazyConnect: true, retryStrategy: () => null });
    redis.on("error", () => undefined);
    try {
      await redis.connect();
      return await run(redis);
    } finally {
      redis.disconnect();
    }
  },
});

/** Ends a process at once, as `kill -9` does, and waits for its exit. */
export const kill = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
};

/** Ports below those that systems give to outgoing connections, which would take one again before it is listened on. */
const ports = { first: 10_000, last: 32_000 };

/** A port of loopback that was free a moment ago; a process that is started again listens on the same one. */
export const freePort = async (): Promise<number> => {
  const port = randomInt(ports.first, ports.last);
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return freePort();
  }
  server.close();
  await once(server, "close");
  return port;
};
