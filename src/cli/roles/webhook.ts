import { startAdmin } from "../../metrics/admin-server.ts";
import { createFindTrace } from "../../queue/installs/trace.ts";
import { createShardsWatch } from "../../queue/keyspace/shards-watch.ts";
import { startWebhook } from "../../webhook/webhook.ts";
import { webhookSettings } from "../open/role-settings.ts";
import { untilStopped } from "../terminal/until-stopped.ts";
import { listenOrExplain } from "./listen-or-explain.ts";
import { openRole, type RoleDeps } from "./open-role.ts";

/** `perch webhook`: hears Bird's events until it is told to stop. Run any number behind one address. */
export const webhookCommand = async (deps: RoleDeps): Promise<number> => {
  const { config, log } = deps;
  await using opened = new AsyncDisposableStack();
  const role = { name: "webhook", whenAway: "fail", readsFleet: false } as const;
  const { traces, keys, client, probe, metrics } = await openRole(opened, deps, role);
  const settings = webhookSettings(config);
  if (settings.signingSecret === undefined && settings.signingKeys.length === 0) {
    log.warn("Every event will be refused: set WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS.");
  }
  const { expose } = metrics;
  const shards = createShardsWatch({ client, keys });
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
