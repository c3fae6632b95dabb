import { type InstallWorker, startWorker } from "../worker/worker.ts";
import { type MetaReads, openCheckNumber } from "./check-number.ts";
import { observeMeta } from "./observe-meta.ts";
import { connectRole, type RoleDeps } from "./role.ts";

type WorkerDeps = Parameters<typeof startWorker>[0];

/**
 * Starts a worker.
 *
 * @param deps.graceMs How long calls to Bird may last when it is closed; default: the worker's own.
 */
export const startWorkerRole = async ({
  connection,
  metrics,
  traces,
  opened,
  graceMs,
  meta,
  ...deps
}: RoleDeps &
  Omit<WorkerDeps, keyof RoleDeps | "client" | "probe" | "checkNumber"> & {
    readonly graceMs?: number;
    /** Numbers are checked at Meta before they are created. Default: they are not. */
    readonly meta?: MetaReads | undefined;
  }): Promise<InstallWorker> => {
  const counted = metrics?.forWorker();
  const observe = observeMeta({ metrics, traces });
  const redis = connection ?? (await connectRole("worker", { ...deps, opened }));
  const worker = await startWorker({
    ...deps,
    ...redis,
    checkNumber: meta && openCheckNumber(meta, { ...deps, client: redis.client, opened, observe }),
    metrics: counted?.observer,
    traces: traces?.forWorker(),
  });
  opened.defer(() => worker.close(graceMs === undefined ? {} : { graceMs }));
  counted?.watch(worker);
  return worker;
};
