import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { startAdmin } from "../../metrics/admin-server.ts";
import { createMetrics } from "../../metrics/metrics.ts";
import { createFindTrace } from "../../queue/installs/trace.ts";
import { useShards } from "../../queue/keyspace/shard-users.ts";
import { createShardsWatch } from "../../queue/keyspace/shards-watch.ts";
import { createWriteProbe } from "../../queue/maintenance/write-probe.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";
import { startWebhook } from "../../webhook/webhook.ts";
import { openRedis } from "../open/open-redis.ts";
import { openTraces } from "../open/open-traces.ts";
import { webhookSettings } from "../open/role-settings.ts";
import { untilStopped } from "../terminal/until-stopped.ts";
import { listenOrExplain } from "./listen-or-explain.ts";

/** `perch webhook`: hears Bird's events until it is told to stop. Run any number behind one address. */
export const webhookCommand = async (deps: {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
  readonly version: string;
}): Promise<number> => {
  const { config, log, version } = deps;
  await using opened = new AsyncDisposableStack();
  const traces = await openTraces({ ...deps, role: "perch-webhook" });
  opened.defer(async () => traces?.close());
  const redis = await openRedis({ ...deps, shards: "register" });
  opened.defer(redis.close);
  const { keys } = redis;
  const client = await connectRedis(redis.url, { whenAway: "fail", name: "webhook" });
  opened.defer(() => closeRedis(client));
  const settings = webhookSettings(config);
  if (settings.signingSecret === undefined && settings.signingKeys.length === 0) {
    log.warn("Every event will be refused: set WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS.");
  }
  const probe = createWriteProbe({ client, keys });
  const metrics = createMetrics({ version, client, probe });
  opened.defer(async () => metrics.close());
  const { expose } = metrics;
  const shards = createShardsWatch({ client, keys });
  const using = useShards({ client, keys, role: "webhook" });
  opened.defer(using.stop);
  const admin = await listenOrExplain("WEBHOOK_ADMIN_PORT", config.WEBHOOK_ADMIN_PORT, (port) =>
    startAdmin({
      host: config.ADMIN_HOST,
      port,
      expose,
      obstacle: async () => (await probe())?.kind ?? shards.obstacle(),
    }),
  );
  opened.defer(admin.close);
  const counted = metrics.forWebhook();
  const webhook = await listenOrExplain("WEBHOOK_PORT", settings.port, (port) =>
    startWebhook({
      client,
      keys,
      settings: { ...settings, port },
      metrics: counted,
      traces: traces?.forWebhook({ findTrace: createFindTrace({ client, keys }) }),
      log,
    }),
  );
  opened.defer(webhook.close);
  log.info(
    { url: webhook.url, publicUrl: config.WEBHOOK_PUBLIC_URL, admin: admin.url },
    "webhook service runs",
  );
  const running = opened.move();
  await untilStopped(log, () => running.disposeAsync());
  return 0;
};
