/**
 * Graphile Worker by its documentation, tuned for throughput: 100 jobs at once, fetched in batches into a local queue, and
 * completed in batches. Jobs of a killed worker stay locked for four hours, which no option changes.
 *
 * @see https://worker.graphile.org/docs/performance
 */
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { z } from "zod";
import { openConnectorsTable } from "./connectors-table.ts";
import { createWithUndici, groupsOf, receiveEvents, runRole } from "./peer.ts";

const concurrentJobs = 100;
const logger = new Logger(() => () => {});
const text = z.string();
const requestSchema = z.object({
  ...{ workspaceId: text, name: text, wabaId: text, phoneId: text, phoneNumber: text, accessToken: text },
});

await runRole({
  driver: async () => {
    const utils = await makeWorkerUtils({ logger });
    await utils.migrate();
    const connectors = await openConnectorsTable();
    await connectors.create();
    return {
      enqueue: async (installs) => {
        for (const group of groupsOf(installs)) {
          await utils.addJobs(group.map((payload) => ({ identifier: "install", payload })));
        }
      },
      completed: connectors.completed,
    };
  },
  worker: async () => {
    const create = createWithUndici();
    const connectors = await openConnectorsTable();
    await run({
      logger,
      noHandleSignals: true,
      preset: {
        worker: {
          concurrentJobs,
          maxPoolSize: 10,
          localQueue: { size: concurrentJobs + 1 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
      parsedCronItems: [],
      taskList: {
        install: async (payload) => {
          const request = requestSchema.parse(payload);
          await connectors.link([{ connectorId: await create(request), phoneId: request.phoneId }]);
        },
      },
    });
  },
  webhook: async () => receiveEvents((await openConnectorsTable()).store),
});
