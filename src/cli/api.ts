import { startApi } from "../api/api.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { createProducer } from "../producer/producer.ts";
import { closeRedis, connectRedis } from "../queue/connection.ts";
import { createReadFleet } from "../queue/fleet-state.ts";
import { createSeal } from "../queue/seal.ts";
import { parseSealingKeys } from "../queue/sealing-keys.ts";
import { useShards } from "../queue/shard-users.ts";
import { createWriteProbe } from "../queue/write-probe.ts";
import { onPort } from "./on-port.ts";
import { openRedis } from "./open-redis.ts";
import { openSealingKeys } from "./open-sealing-keys.ts";
import { openTraces } from "./open-traces.ts";
import { apiSettings, producerSettings } from "./role-settings.ts";
import { untilStopped } from "./until-stopped.ts";

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
    sealingKeys,
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
  const api = await onPort("API_PORT", settings.port, (port) =>
    startApi({
      client,
      keys,
      producer,
      seal: createSeal(parseSealingKeys(sealingKeys) ?? []),
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
