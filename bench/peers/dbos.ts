/**
 * DBOS Transact by its documentation: a durable workflow of two steps for each install, enqueued by a client and run by one
 * process with 500 slots that asks for more every 100 ms. Events are matched in the table of the other peers on
 * PostgreSQL, so that no workflow waits for one; that is to its advantage.
 *
 * @see https://docs.dbos.dev/typescript/tutorials/queue-tutorial
 */
import { DBOS, DBOSClient } from "@dbos-inc/dbos-sdk";
import { openConnectorsTable } from "./connectors-table.ts";
import { createWithUndici, groupsOf, type Request, receiveEvents, runRole, setting } from "./peer.ts";

const queueName = "installs";
const workflowName = "install";

const systemDatabaseUrl = (): string =>
  `postgresql://${setting("PGUSER")}@localhost/${setting("PGDATABASE")}?host=${encodeURIComponent(setting("PGHOST"))}`;

await runRole({
  driver: async () => {
    await DBOS.migrate(systemDatabaseUrl());
    const client = await DBOSClient.create({ systemDatabaseUrl: systemDatabaseUrl() });
    const connectors = await openConnectorsTable();
    await connectors.create();
    return {
      enqueue: async (installs) => {
        for (const group of groupsOf(installs))
          await Promise.all(group.map((install) => client.enqueue({ queueName, workflowName }, install)));
      },
      completed: connectors.completed,
    };
  },
  worker: async () => {
    const create = createWithUndici();
    const connectors = await openConnectorsTable();
    const retries = { retriesAllowed: true, maxAttempts: 8, intervalSeconds: 1, backoffRate: 2 };
    const install = async (request: Request): Promise<void> => {
      const connectorId = await DBOS.runStep(() => create(request), { name: "create", ...retries });
      const link = async () => {
        await connectors.link([{ connectorId, phoneId: request.phoneId }]);
      };
      await DBOS.runStep(link, { name: "link", ...retries });
    };
    DBOS.registerWorkflow(install, { name: workflowName });
    DBOS.setConfig({ name: "peers", systemDatabaseUrl: systemDatabaseUrl(), logLevel: "error" });
    await DBOS.launch();
    await DBOS.registerQueue(queueName, { workerConcurrency: 500, minPollingIntervalMs: 100 });
  },
  webhook: async () => receiveEvents((await openConnectorsTable()).store),
});
