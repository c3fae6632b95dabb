import { openAdmin } from "../../roles/metrics.ts";
import { startNotifierRole } from "../../roles/notifier.ts";
import { birdAccess, notifierSettings, preflightSettings, workerSettings } from "../../roles/settings.ts";
import { startWorkerRole } from "../../roles/worker.ts";
import type { InstallWorker } from "../../worker/worker.ts";
import { type RoleCommandDeps, runProcess } from "./process.ts";

/** `perch worker`: takes installs off the queue, and sends notifications, until it is stopped. Run any number. */
export const workerCommand = (deps: RoleCommandDeps): Promise<number> =>
  runProcess(
    deps,
    { name: "worker", connects: "worker", readsFleet: true },
    async ({ role, connection, ...process }) => {
      const { config, log, version } = deps;
      const seal = await process.seal();
      let worker: InstallWorker | undefined;
      // Before the worker: one that cannot have its port takes no install first.
      const admin = await openAdmin(
        { ...role, connection },
        {
          service: "worker",
          setting: "WORKER_PORT",
          host: config.ADMIN_HOST,
          port: config.WORKER_PORT,
          isRunning: () => worker?.isRunning() === true,
        },
      );
      const settings = workerSettings(config, birdAccess(config));
      const meta = preflightSettings(config);
      worker = await startWorkerRole({ ...role, connection, seal, settings, meta });
      const { digests } = seal;
      await startNotifierRole({ ...role, digests, settings: notifierSettings(config), version });
      log.info({ concurrency: config.WORKER_CONCURRENCY, bird: config.BIRD_API_URL, admin }, "worker runs");
    },
  );
