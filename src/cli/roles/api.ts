import { startApi } from "../../api/api.ts";
import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { createMetrics } from "../../metrics/metrics.ts";
import { createProducer } from "../../producer/producer.ts";
import { useShards } from "../../queue/keyspace/shard-users.ts";
import { createReadFleet } from "../../queue/maintenance/fleet-state.ts";
import { createWriteProbe } from "../../queue/maintenance/write-probe.ts";
import { createSeal } from "../../queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";
import { openRedis } from "../open/open-redis.ts";
import { openSealingKeys } from "../open/open-sealing-keys.ts";
import { openTraces } from "../open/open-traces.ts";
import { apiSettings, producerSettings } from "../open/role-settings.ts";
import { untilStopped } from "../terminal/until-stopped.ts";
import { listenOrExplain } from "./listen-or-explain.ts";

/** `perch api`: takes requests until it is told to stop. Run any number behind one address. */
export const apiCommand = async (deps: {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
  readonly version: string;
}): Promise<number> => {
  const { config, dataDir, log, version } = deps;
  await using opened = new AsyncDisposableStack();
  const traces = await openTraces({ ...deps, role: "perch-api" });
  opened.defer(async () => traces?.close());
  const redis = await openRedis({ ...deps, shards: "register" });
  opened.defer(redis.close);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const client = await connectRedis(redis.url, { whenAway: "fail", name: "api" });
  opened.defer(() => closeRedis(client));
  const producer = await createProducer({
    redisUrl: redis.url,
    sealingKeys: sealingKeys.text,
    ...producerSettings(config),
  });
  opened.defer(producer.close);
  const bird = { url: config.BIRD_API_URL, accessKey: config.BIRD_ACCESS_KEY ?? "" };
  const { keys } = redis;
  const using = useShards({ client, keys, role: "api" });
  opened.defer(using.stop);
  const probe = createWriteProbe({ client, keys });
  const metrics = createMetrics({ version, client, probe, readFleet: createReadFleet({ client, keys }) });
  opened.defer(async () => metrics.close());
  const settings = apiSettings(config, bird, version);
  const api = await listenOrExplain("API_PORT", settings.port, (port) =>
    startApi({
      client,
      keys,
      producer,
      seal: createSeal(sealingKeys.keys),
      settings: { ...settings, port },
      metrics: metrics.forApi(),
      traces: traces?.forApi(),
      log,
    }),
  );
  opened.defer(api.close);
  log.info({ url: api.url, keys: config.API_KEYS === undefined ? "none" : "set" }, "API runs");
  const running = opened.move();
  await untilStopped(log, () => running.disposeAsync());
  return 0;
};
