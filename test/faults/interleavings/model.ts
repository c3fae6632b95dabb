import type { TestContext } from "node:test";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { createInstallsQueues } from "../../../src/queue/installs/queue.ts";
import { createKeys, installsQueueName } from "../../../src/queue/keyspace/keys.ts";
import { createErrandsQueue, createLookUps } from "../../../src/queue/maintenance/errands.ts";
import { createUnreadableEvents } from "../../../src/queue/matching/unreadable.ts";
import { testPrefix, testRedisUrl } from "../../support/redis.ts";
import { type Beginning, worldAt } from "./beginnings.ts";
import { request } from "./number.ts";
import { running } from "./operation.ts";
import { createParts, type Parts } from "./parts.ts";
import type { Act } from "./people-steps.ts";
import { createProcessTree } from "./process-tree.ts";
import { addInstall, createPrograms, type EventOptions } from "./programs.ts";
import { createRedisStates, type Refusing } from "./redis-states.ts";
import { SteppedRedis } from "./stepped-redis.ts";
import { createSteps } from "./steps.ts";
import { times } from "./times.ts";
import { connectorIds, createKeyLists, createViews, installId, type World } from "./world.ts";

export interface ModelOptions {
  readonly change?: ((parts: Parts) => Parts) | undefined;
  readonly deliveriesMax?: number;
  /** What people may do to the installs; nothing unless told. */
  readonly people?: readonly Act[] | undefined;
  /** One worker is enough where no fault can leave a run to another; default: two. */
  readonly workers?: readonly string[] | undefined;
  /** Begins there, which people have no part in; default: one install in the queue. */
  readonly from?: Beginning | undefined;
  /** How Redis refuses writes, and how many of them. Its settings are changed then: it must be the test's own. */
  readonly refusing?: Refusing | undefined;
  readonly refusalsMax?: number | undefined;
  readonly redisUrl?: string | undefined;
  /** What the events say; default: the connector's channel, and that it can be used. */
  readonly eventOf?: ((connectorId: string) => EventOptions) | undefined;
  /** False where a program is about creates alone: their channels never come. */
  readonly hasChannels?: boolean | undefined;
  /** The longest a call to Bird may take; default: longer than one lock and shorter than two. */
  readonly callMs?: number | undefined;
  /** Whether Redis may restart, and have forgotten who passed the gate. */
  readonly hasRestarts?: boolean | undefined;
  /** Whether Meta is asked before a create; default: it is not. */
  readonly asksMeta?: boolean | undefined;
  /** By how much clocks of workers are ahead of Redis's, ms. */
  readonly clocksAheadMs?: Readonly<Record<string, number>> | undefined;
}

/** Puts a model together, with its first world: one install in the queue. */
export const createModel = async (context: TestContext, options: ModelOptions = {}) => {
  const clock = { nowMs: times.startMs };
  const now = () => clock.nowMs;
  context.mock.method(Date, "now", () => now() + (running.getStore()?.aheadMs ?? 0));
  context.mock.method(performance, "now", now);
  const keys = createKeys(testPrefix());
  const { redisUrl = testRedisUrl(), clocksAheadMs = {}, asksMeta = false } = options;
  const { callMs = times.callMs, hasRestarts = false } = options;
  const aheadMsOf = (name: string): number => clocksAheadMs[name] ?? 0;
  const fastest = () => now() + Math.max(0, ...Object.values(clocksAheadMs));
  const address = redisUrl.replace(/^unix:\/\//, "");
  // Both say at once what Redis refuses: here it is the explorer who waits.
  const real = new Redis(address, { maxRetriesPerRequest: null });
  const client = new SteppedRedis(address, { maxRetriesPerRequest: null });
  const queues = createInstallsQueues({ client, keys });
  const queue = queues.of(installId);
  const errands = createErrandsQueue({ client, keys });
  const kept = {
    lookUps: createLookUps({ client, keys, errands, retentionMs: times.retentionMs }),
    unreadable: createUnreadableEvents({ client, keys, retentionMs: times.retentionMs }),
  };
  const worker = new Worker(installsQueueName, null, { connection: client, prefix: keys.prefix });
  const end = async (): Promise<void> => {
    context.mock.restoreAll();
    await Promise.all([queues.close(), errands.close(), worker.close()]);
    await Promise.all([client.quit(), real.quit()]);
  };
  let ending: Promise<void> | undefined;
  const close = (): Promise<void> => {
    ending ??= end();
    return ending;
  };
  context.after(close);
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  await addInstall(queue, installId);
  await client.set(keys.claim(request.workspaceId, request.phoneId), installId);

  const parts = (options.change ?? ((own) => own))(
    createParts({ client, queues, keys, request, now, fastest, callMs, hasRestarts, asksMeta }),
  );
  const { work, receive, sweep, act } = createPrograms(parts, worker);
  const { people = [], eventOf = () => ({}) } = options;
  const programs = Object.fromEntries([
    ...(["A", "B"] as const).map((token) => [token, work(token)] as const),
    ["sweep", sweep] as const,
    ...connectorIds.map((id) => [`webhook ${id}`, receive(kept, id, eventOf(id))] as const),
    ...people.map((each) => [each, act(kept, each)] as const),
  ]);
  const redis = createRedisStates(real, createKeyLists(keys), options);
  const views = createViews(keys, redis.text);
  const queued: World = {
    nowMs: times.startMs,
    redis: await redis.current(),
    bird: { connectors: [], calls: [] },
    processes: [],
    faults: 0,
    refusals: 0,
    done: [],
  };
  const tree = createProcessTree(programs, clock, aheadMsOf);
  const { hasSweep } = parts;
  const { workers = ["A", "B"], deliveriesMax = 1, refusalsMax = 0, hasChannels = true } = options;
  const deps = {
    tree,
    redis,
    views,
    keys,
    hasSweep,
    workers,
    aheadMsOf,
    callMs,
    hasRestarts,
    hasChannels,
    deliveriesMax,
    refusalsMax,
  };
  const { from } = options;
  const first =
    from === undefined
      ? queued
      : await worldAt(queued, createSteps({ ...deps, people: [] }), {
          ...from,
          isIt: (world) => from.isIt(world, views(world.redis)),
        });
  return {
    first,
    views,
    redis,
    hasSweep,
    steps: createSteps({ ...deps, people }),
    /** Before its Redis stops; else the test's end does. */
    close,
  };
};

export type Model = Awaited<ReturnType<typeof createModel>>;
