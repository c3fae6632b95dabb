import { UnrecoverableError, Worker } from "bullmq";
import type { InstallData } from "../../src/queue/installs/data.ts";
import {
  createInstallsQueues,
  type InstallsQueue,
  type InstallsQueues,
} from "../../src/queue/installs/queue.ts";
import { createKeys, installsQueueName, type Keys } from "../../src/queue/keyspace/keys.ts";
import { createMatching, type Matching } from "../../src/queue/matching/matching.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import { watchSlots } from "../support/one-slot.ts";
import { testPrefix, testRedisUrl } from "../support/redis.ts";
import { workspaceId } from "../support/request.ts";

export const phoneId = "106540352242922";
export const retentionMs = 60_000;

/** A clock that stands until it is moved. */
export interface TestClock {
  readonly now: () => number;
  move(byMs: number): void;
}

/** The queue and Perch's own keys without anybody who works on them. */
export interface TestQueue {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly queue: InstallsQueue;
  readonly queues: InstallsQueues;
  readonly matching: Matching;
  readonly clock: TestClock;
  /** Adds an install; with a delay it lies parked. */
  add(
    installId: string,
    options?: { readonly delayMs?: number; readonly data?: Partial<InstallData> },
  ): Promise<void>;
  /** Takes the next install as a worker would and holds its lock by the token. */
  start(token: string): Promise<string>;
  complete(installId: string, token: string): Promise<void>;
  fail(installId: string, token: string): Promise<void>;
}

/** What a job holds before anything was done for it. */
export const installData = (change: Partial<InstallData> = {}): InstallData => ({
  request: {
    workspaceId,
    name: "Acme",
    wabaId: "102290129340398",
    phoneId,
    phoneNumber: "+14155550123",
  },
  sealed: "sealed-token",
  ...change,
});

/** Data of an install that has its connector. */
export const boundData = (connectorId: string): InstallData => {
  const { sealed: _, ...data } = installData({ connectorId, waiting: { sinceMs: 1000 } });
  return data;
};

/** Runs a test against a namespace of its own and closes what it opened. */
export const withQueue = async (run: (queue: TestQueue) => Promise<void>): Promise<void> => {
  await using stack = new AsyncDisposableStack();
  const keys = createKeys(testPrefix());
  stack.defer(watchSlots(keys.prefix));
  const client = await connectRedis(testRedisUrl(), { whenAway: "wait", name: "test-queue" });
  stack.defer(async () => {
    await client.quit();
  });
  const queues = createInstallsQueues({ client, keys });
  const queue = queues.of("");
  stack.defer(queues.close);
  const worker = new Worker(installsQueueName, null, { connection: client, prefix: keys.prefix });
  stack.defer(() => worker.close());

  let nowMs = Date.now();
  const clock: TestClock = {
    now: () => nowMs,
    move: (byMs) => {
      nowMs += byMs;
    },
  };
  const find = async (installId: string) => {
    const job = await queue.getJob(installId);
    if (job === undefined) throw new Error(`there is no job ${installId}`);
    return job;
  };
  await run({
    client,
    keys,
    queue,
    queues,
    clock,
    matching: createMatching({ client, queues, keys, retentionMs, now: clock.now }),
    add: async (installId, { delayMs, data } = {}) => {
      await queue.add("install", installData(data), {
        jobId: installId,
        priority: 10,
        attempts: 8,
        ...(delayMs !== undefined && { delay: delayMs }),
      });
    },
    start: async (token) => {
      const job = await worker.getNextJob(token, { block: false });
      if (job?.id === undefined) throw new Error("no install waits");
      return job.id;
    },
    complete: async (installId, token) => {
      const completion = { connectorId: "c", channelId: "ch", completedBy: "webhook" as const };
      await (await find(installId)).moveToCompleted(completion, token, false);
    },
    fail: async (installId, token) => {
      await (await find(installId)).moveToFailed(new UnrecoverableError("it failed"), token, false);
    },
  });
};
