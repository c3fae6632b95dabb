import type { TestContext } from "node:test";
import { Worker } from "bullmq";
import { connectRedis } from "../../../src/queue/connection.ts";
import { createErrandsQueue, createLookUps } from "../../../src/queue/errands.ts";
import { createInstallsQueues } from "../../../src/queue/installs-queue.ts";
import { createKeys, installsQueueName } from "../../../src/queue/keys.ts";
import { defineScripts } from "../../../src/queue/scripts.ts";
import { createUnreadableEvents } from "../../../src/queue/unreadable-events.ts";
import { testPrefix, testRedisUrl } from "../../support/redis.ts";
import { workspaceId } from "../../support/request.ts";
import { createParts, type Parts } from "./parts.ts";
import { createProcessTree } from "./process-tree.ts";
import { createPrograms } from "./programs.ts";
import { createRedisStates } from "./redis-states.ts";
import { SteppedRedis } from "./stepped-redis.ts";
import { createSteps } from "./steps.ts";
import { times } from "./times.ts";
import { connectorIds, createKeyLists, createViews, installId, type World } from "./world.ts";

const request = {
  workspaceId,
  name: "Acme",
  wabaId: "102290129340398",
  phoneId: "106540352242922",
  phoneNumber: "+14155550123",
};

/** Puts a model together, with its first world: one install in the queue. */
export const createModel = async (
  context: TestContext,
  options: { readonly change?: ((parts: Parts) => Parts) | undefined; readonly deliveriesMax?: number } = {},
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
  await queue.add("install", { request, sealed: "sealed" }, { jobId: installId, priority: 10, attempts: 8 });

  const parts = (options.change ?? ((own) => own))(createParts({ client, queues, keys, request, now }));
  const { work, receive, sweep } = createPrograms(parts, worker);
  const received = connectorIds.map((id) => [`webhook ${id}`, receive(kept, id)] as const);
  const programs = { A: work("A"), B: work("B"), sweep, ...Object.fromEntries(received) };
  const redis = createRedisStates(real, createKeyLists(keys));
  const views = createViews(keys, redis.text);
  const first: World = {
    nowMs: times.startMs,
    redis: await redis.current(),
    bird: { connectors: [], calls: [] },
    processes: [],
    faults: 0,
  };
  const tree = createProcessTree(programs, clock);
  const { hasSweep } = parts;
  return {
    first,
    views,
    redis,
    hasSweep,
    steps: createSteps({ tree, redis, views, keys, hasSweep, deliveriesMax: options.deliveriesMax ?? 1 }),
  };
};

export type Model = Awaited<ReturnType<typeof createModel>>;
