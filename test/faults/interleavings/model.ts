import type { TestContext } from "node:test";
import { Worker } from "bullmq";
import { connectRedis } from "../../../src/queue/connection.ts";
import { createErrandsQueue, createLookUps } from "../../../src/queue/errands.ts";
import { createInstallsQueues } from "../../../src/queue/installs-queue.ts";
import { createKeys, installsQueueName } from "../../../src/queue/keys.ts";
import { defineScripts } from "../../../src/queue/scripts.ts";
import { createUnreadableEvents } from "../../../src/queue/unreadable-events.ts";
import { testPrefix, testRedisUrl } from "../../support/redis.ts";
import { request } from "./number.ts";
import { createParts, type Parts } from "./parts.ts";
import type { Act } from "./people-steps.ts";
import { createProcessTree } from "./process-tree.ts";
import { addInstall, createPrograms } from "./programs.ts";
import { createRedisStates } from "./redis-states.ts";
import { SteppedRedis } from "./stepped-redis.ts";
import { createSteps, type Step } from "./steps.ts";
import { times } from "./times.ts";
import {
  connectorIds,
  createKeyLists,
  createViews,
  installId,
  type View,
  type World,
  worldKey,
} from "./world.ts";

/** Puts a model together, with its first world: one install in the queue. */
export const createModel = async (
  context: TestContext,
  options: {
    readonly change?: ((parts: Parts) => Parts) | undefined;
    readonly deliveriesMax?: number;
    /** What people may do to the installs; nothing unless told. */
    readonly people?: readonly Act[] | undefined;
    /** One worker is enough where no fault can leave a run to another; default: two. */
    readonly workers?: readonly string[] | undefined;
    /** Begins where the way to the first such world ends, without people; default: one install in the queue. */
    readonly from?: ((world: World, view: View) => boolean) | undefined;
  } = {},
) => {
  const clock = { nowMs: times.startMs };
  const now = () => clock.nowMs;
  context.mock.method(Date, "now", now);
  context.mock.method(performance, "now", now);
  const keys = createKeys(testPrefix());
  const real = await connectRedis(testRedisUrl(), { whenAway: "wait", name: "explorer" });
  const client = new SteppedRedis(testRedisUrl(), { maxRetriesPerRequest: null });
  defineScripts(client);
  const queues = createInstallsQueues({ client, keys });
  const queue = queues.of(installId);
  const errands = createErrandsQueue({ client, keys });
  const kept = {
    lookUps: createLookUps({ client, keys, errands, retentionMs: times.retentionMs }),
    unreadable: createUnreadableEvents({ client, keys, retentionMs: times.retentionMs }),
  };
  const worker = new Worker(installsQueueName, null, { connection: client, prefix: keys.prefix });
  context.after(async () => {
    context.mock.restoreAll();
    await Promise.all([queues.close(), errands.close(), worker.close()]);
    await Promise.all([client.quit(), real.quit()]);
  });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  await addInstall(queue, installId);
  await client.set(keys.claim(request.workspaceId, request.phoneId), installId);

  const parts = (options.change ?? ((own) => own))(createParts({ client, queues, keys, request, now }));
  const { work, receive, sweep, act } = createPrograms(parts, worker);
  const { people = [] } = options;
  const programs = Object.fromEntries([
    ...(["A", "B"] as const).map((token) => [token, work(token)] as const),
    ["sweep", sweep] as const,
    ...connectorIds.map((id) => [`webhook ${id}`, receive(kept, id)] as const),
    ...people.map((each) => [each, act(each)] as const),
  ]);
  const redis = createRedisStates(real, createKeyLists(keys));
  const views = createViews(keys, redis.text);
  const queued: World = {
    nowMs: times.startMs,
    redis: await redis.current(),
    bird: { connectors: [], calls: [] },
    processes: [],
    faults: 0,
    done: [],
  };
  const tree = createProcessTree(programs, clock);
  const { hasSweep } = parts;
  const { workers = ["A", "B"], deliveriesMax = 1 } = options;
  const deps = { tree, redis, views, keys, hasSweep, workers, deliveriesMax };
  const { from } = options;
  const first =
    from === undefined
      ? queued
      : await firstWorld(queued, createSteps({ ...deps, people: [] }), (world) =>
          from(world, views(world.redis)),
        );
  return {
    first,
    views,
    redis,
    hasSweep,
    steps: createSteps({ ...deps, people }),
  };
};

/** The nearest world of a kind, on a way without faults. */
const firstWorld = async (
  start: World,
  stepsOf: (world: World) => readonly Step[],
  isIt: (world: World) => boolean,
): Promise<World> => {
  const seen = new Set([worldKey(start)]);
  let level = [start];
  while (level.length > 0) {
    const next: World[] = [];
    for (const world of level) {
      if (isIt(world)) return world;
      for (const step of stepsOf(world).filter(({ isFault }) => isFault !== true)) {
        const reached = await step.next();
        if (seen.has(worldKey(reached))) continue;
        seen.add(worldKey(reached));
        next.push(reached);
      }
    }
    level = next;
  }
  throw new Error("no way leads to such a world");
};

/** The install has failed for want of a channel, and Bird has yet to make it: a late event may heal it. */
export const timedOut = ({ bird, processes }: World, { installs }: View): boolean =>
  processes.length === 0 &&
  installs[0]?.state === "failed" &&
  bird.connectors.length === 1 &&
  bird.connectors.every(({ hasChannel }) => !hasChannel);

export type Model = Awaited<ReturnType<typeof createModel>>;
