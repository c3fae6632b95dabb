import { startApi } from "../../api/api.ts";
import { createProducer } from "../../producer/producer.ts";
import { createSeal } from "../../queue/secrets/seal.ts";
import { openSealingKeys } from "../open/open-sealing-keys.ts";
import { apiSettings, producerSettings } from "../open/role-settings.ts";
import { untilStopped } from "../terminal/until-stopped.ts";
import { listenOrExplain } from "./listen-or-explain.ts";
import { openRole, type RoleDeps } from "./open-role.ts";

/** `perch api`: takes requests until it is told to stop. Run any number behind one address. */
export const apiCommand = async (deps: RoleDeps): Promise<number> => {
  const { config, dataDir, log, version } = deps;
  await using opened = new AsyncDisposableStack();
  const role = { name: "api", whenAway: "fail", readsFleet: true } as const;
  const { traces, redis, keys, client, metrics } = await openRole(opened, deps, role);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const producer = await createProducer({
    redisUrl: redis.url,
    sealingKeys: sealingKeys.text,
    ...producerSettings(config),
  });
  opened.defer(producer.close);
  const bird = { url: config.BIRD_API_URL, accessKey: config.BIRD_ACCESS_KEY ?? "" };
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
