import { startAdmin } from "../../metrics/admin-server.ts";
import { startNotifier } from "../../notify/notifier.ts";
import { createFindTrace } from "../../queue/installs/trace.ts";
import { createShardsWatch } from "../../queue/keyspace/shards-watch.ts";
import { createSeal } from "../../queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";
import { type InstallWorker, startWorker } from "../../worker/worker.ts";
import { openSealingKeys } from "../open/open-sealing-keys.ts";
import { notifierSettings, workerSettings } from "../open/role-settings.ts";
import { untilStopped } from "../terminal/until-stopped.ts";
import { listenOrExplain } from "./listen-or-explain.ts";
import { openRole, type RoleDeps } from "./open-role.ts";

/** `perch worker`: takes installs off the queue, and tells their outcomes, until it is told to stop. Run any number. */
export const workerCommand = async (deps: RoleDeps): Promise<number> => {
  const { config, dataDir, log, version } = deps;
  await using opened = new AsyncDisposableStack();
  const role = { name: "worker", whenAway: "wait", readsFleet: true } as const;
  const { traces, redis, keys, client, probe, metrics } = await openRole(opened, deps, role);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  let worker: InstallWorker | undefined;
  const isRunning = (): boolean => worker?.isRunning() === true;
  const shards = createShardsWatch({ client, keys });
  // Before the worker: one that cannot have its port takes no install first.
  const admin = await listenOrExplain("WORKER_PORT", config.WORKER_PORT, (port) =>
    startAdmin({
      host: config.ADMIN_HOST,
      port,
      expose: metrics.expose,
      obstacle: async () => (await probe())?.kind ?? (isRunning() ? shards.obstacle() : "stopped"),
    }),
  );
  opened.defer(admin.close);
  const bird = { url: config.BIRD_API_URL, accessKey: config.BIRD_ACCESS_KEY ?? "" };
  const seal = createSeal(sealingKeys.keys);
  const started = await startWorker({
    client,
    keys,
    seal,
    settings: workerSettings(config, bird),
    metrics: metrics.forWorker(isRunning),
    traces: traces?.forWorker(),
    log,
  });
  opened.defer(() => started.close());
  worker = started;
  const telling = await connectRedis(redis.url, { whenAway: "wait", name: "notifier" });
  opened.defer(() => closeRedis(telling));
  const settings = notifierSettings(config);
  const { onDelivery } = metrics.forNotifier();
  const notifier = await startNotifier({
    client: telling,
    keys,
    digests: seal.digests,
    settings,
    onDelivery,
    traces: traces?.forNotifier({ findTrace: createFindTrace({ client, keys }) }),
    log,
    version,
  });
  opened.defer(() => notifier.close());
  log.info(
    { concurrency: config.WORKER_CONCURRENCY, bird: config.BIRD_API_URL, admin: admin.url },
    "worker runs",
  );
  const running = opened.move();
  await untilStopped(log, () => running.disposeAsync());
  return 0;
};
