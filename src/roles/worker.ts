import { type InstallWorker, startWorker } from "../worker/worker.ts";
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
  ...deps
}: RoleDeps &
  Omit<WorkerDeps, keyof RoleDeps | "client" | "probe"> & {
    readonly graceMs?: number;
  }): Promise<InstallWorker> => {
  const counted = metrics?.forWorker();
  const worker = await startWorker({
    ...deps,
    ...(connection ?? (await connectRole("worker", { ...deps, opened }))),
    metrics: counted?.observer,
    traces: traces?.forWorker(),
  });
  opened.defer(() => worker.close(graceMs === undefined ? {} : { graceMs }));
  counted?.watch(worker);
  return worker;
};
