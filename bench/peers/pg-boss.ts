/**
 * pg-boss by its documentation, tuned for throughput: two workers of 50 jobs a fetch, woken by NOTIFY, that fetch on while
 * fetches come back full; each job of a fetch is settled by itself; a heartbeat finds the jobs of a killed worker.
 *
 * @see https://pgboss.io/api/workers
 */
import { PgBoss } from "pg-boss";
import { openConnectorsTable } from "./connectors-table.ts";
import { createWithUndici, groupsOf, type Request, receiveEvents, runRole, setting } from "./peer.ts";

const queue = "installs";

const start = async (options: { readonly supervise: boolean; readonly useListenNotify?: boolean }) => {
  const boss = new PgBoss({
    host: setting("PGHOST"),
    user: setting("PGUSER"),
    database: setting("PGDATABASE"),
    schedule: false,
    superviseIntervalSeconds: 30,
    monitorIntervalSeconds: 30,
    ...options,
  });
  boss.on("error", ({ message }) =>
    process.stderr.write(`pg-boss: ${message}
`),
  );
  return boss.start();
};

await runRole({
  driver: async () => {
    const boss = await start({ supervise: false });
    const retries = { retryLimit: 8, retryDelay: 1, retryBackoff: true };
    await boss.createQueue(queue, { ...retries, heartbeatSeconds: 30, notify: true });
    const connectors = await openConnectorsTable();
    await connectors.create();
    return {
      enqueue: async (installs) => {
        for (const group of groupsOf(installs)) {
          await boss.insert(
            queue,
            group.map((data) => ({ data })),
          );
        }
      },
      completed: connectors.completed,
    };
  },
  worker: async () => {
    const boss = await start({ supervise: true, useListenNotify: true });
    const create = createWithUndici();
    const connectors = await openConnectorsTable();
    const options = {
      batchSize: 50,
      localConcurrency: 2,
      burstWhenBatchFull: true,
      perJobResults: true,
    } as const;
    await boss.work<Request, void, typeof options>(queue, options, async (jobs) => {
      const created = await Promise.all(
        jobs.map(async ({ id, data }) => {
          const connectorId = await create(data).catch(() => undefined);
          return { id, phoneId: data.phoneId, connectorId };
        }),
      );
      await connectors.link(
        created.flatMap(({ phoneId, connectorId }) =>
          connectorId === undefined ? [] : [{ phoneId, connectorId }],
        ),
      );
      return created.map(({ id, connectorId }) => ({
        id,
        status: connectorId === undefined ? "failed" : "completed",
      }));
    });
  },
  webhook: async () => receiveEvents((await openConnectorsTable()).store),
});
