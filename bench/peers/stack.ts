import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { freePort, kill } from "../../test/support/redis-servers.ts";
import { findPostgres, startPostgres } from "./postgres.ts";
import { ask, treeMicros } from "./processes.ts";
import { forkReady, type Role, type System } from "./systems.ts";

/** How long Bird takes for its answer, and the event after it, ms. */
export interface BirdTimes {
  readonly answerMs: number;
  readonly eventMs: number;
}

/** Processor time by part, µs. */
export type Micros = Readonly<Record<Role | "store" | "bird", number>>;

/** A system with a store of its own, a worker, a webhook service, a driver and Bird, each a process. */
export interface Stack extends AsyncDisposable {
  /** From the first of its processes to the last being ready, with the store running. */
  readonly startedInSeconds: number;
  /** Enqueues these installs; the numbers of a stack follow one another. */
  readonly enqueue: (first: number, count: number) => Promise<unknown>;
  /** Waits until as many of its installs are completed, or until the time is over, and returns how many are. */
  readonly untilCompleted: (count: number, timeoutMs: number) => Promise<number>;
  readonly micros: () => Promise<Micros>;
  /** Connectors that Bird made, and phone numbers that have more than one. */
  readonly bird: () => Promise<z.infer<typeof birdSchema>>;
  /** Kills a process and starts it again at once, as a supervisor does. */
  readonly killAndRestart: (role: "worker" | "webhook") => Promise<void>;
}

const birdSchema = z.object({ creates: z.number(), duplicated: z.number() });

const startRedis = async (opened: AsyncDisposableStack) => {
  const dataDir = await mkdtemp(join(tmpdir(), "perch-peers-"));
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { REDIS_SERVER_BIN: serverBin, PATH: path } = process.env;
  const redis = await startEmbeddedRedis({ dataDir, serverBin, path });
  opened.defer(redis.stop);
  const client = await connectRedis(redis.url, { whenAway: "wait", name: "bench" });
  const pid = Number(/process_id:(\d+)/.exec(await client.info("server"))?.[1]);
  await client.quit();
  return { pid, env: { REDIS_URL: redis.url, SEALING_KEYS: generateSealingKey() } };
};

const startStore = async (system: System, opened: AsyncDisposableStack) => {
  if (system.store === "redis") return startRedis(opened);
  const postgres = await startPostgres(findPostgres() ?? "");
  opened.defer(postgres.stop);
  return postgres;
};

/** Starts a stack; Ctrl-C ends it too, with its store and the store's folder. */
export const startStack = async (system: System, times: BirdTimes): Promise<Stack> => {
  const opened = new AsyncDisposableStack();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    closing ??= opened.disposeAsync();
    return closing;
  };
  const interrupt = (): void => void close().finally(() => process.exit(130));
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return { ...(await openStack(system, times, opened)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};

const openStack = async (
  system: System,
  { answerMs, eventMs }: BirdTimes,
  opened: AsyncDisposableStack,
): Promise<Omit<Stack, typeof Symbol.asyncDispose>> => {
  const store = await startStore(system, opened);
  const [birdPort, webhookPort, workerPort, adminPort] = await Promise.all(
    Array.from({ length: 4 }, freePort),
  );
  const signingKey = "bench-signing-key";
  const webhookUrl = `http://127.0.0.1:${webhookPort}`;
  const env = {
    ...store.env,
    BIRD_API_URL: `http://127.0.0.1:${birdPort}`,
    BIRD_ACCESS_KEY: "bench-access-key",
    BIRD_PORT: String(birdPort),
    BIRD_ANSWER_MS: String(answerMs),
    BIRD_EVENT_MS: String(eventMs),
    SIGNING_KEY: signingKey,
    WEBHOOK_URL: `${webhookUrl}/webhooks/bird`,
    WEBHOOK_SIGNING_KEYS: signingKey,
    WEBHOOK_PUBLIC_URL: webhookUrl,
    WEBHOOK_PORT: String(webhookPort),
    WEBHOOK_ADMIN_PORT: String(adminPort),
    WORKER_PORT: String(workerPort),
  };
  const running = new Map<Role, ChildProcess>();
  const start = async (role: Role): Promise<ChildProcess> => {
    const child = await system.start(role, env);
    running.set(role, child);
    return child;
  };
  opened.defer(async () => {
    await Promise.all([...running.values()].map(kill));
  });
  const bird = await forkReady("bird.ts", "bird", env);
  opened.defer(() => kill(bird));
  const startMs = performance.now();
  // The driver first: it makes the tables.
  const driver = await start("driver");
  await start("webhook");
  await start("worker");
  const startedInSeconds = (performance.now() - startMs) / 1000;

  const untilCompleted = async (count: number, timeoutMs: number): Promise<number> => {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const completed = Number(await ask(driver, "completed"));
      if (completed >= count || performance.now() > endMs) return completed;
      // Counting takes PostgreSQL some milliseconds, so it is done often at the end only.
      await pause(count - completed > count / 20 ? 200 : 20);
    }
  };
  const microsOf = (role: Role) => treeMicros(running.get(role)?.pid ?? 0);
  return {
    startedInSeconds,
    enqueue: (first, count) => ask(driver, { first, count }),
    untilCompleted,
    micros: async () => ({
      worker: await microsOf("worker"),
      webhook: await microsOf("webhook"),
      driver: await microsOf("driver"),
      store: await treeMicros(store.pid),
      bird: await treeMicros(bird.pid ?? 0),
    }),
    bird: async () => birdSchema.parse(await ask(bird, "report")),
    killAndRestart: async (role) => {
      const child = running.get(role);
      if (child !== undefined) await kill(child);
      await start(role);
    },
  };
};
