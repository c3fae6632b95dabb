import { randomBytes } from "node:crypto";
import { startApi } from "../../api/api.ts";
import { workspaceSigningKey } from "../../bird/signature.ts";
import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { createMetrics } from "../../metrics/metrics.ts";
import { startNotifier } from "../../notify/notifier.ts";
import { createProducer, type Producer } from "../../producer/producer.ts";
import { createFindTrace } from "../../queue/installs/trace.ts";
import { useShards } from "../../queue/keyspace/shard-users.ts";
import { createReadFleet } from "../../queue/maintenance/fleet-state.ts";
import { createWriteProbe } from "../../queue/maintenance/write-probe.ts";
import { createSeal } from "../../queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";
import type { SandboxOptions } from "../../sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { startWebhook } from "../../webhook/webhook.ts";
import { type InstallWorker, startWorker } from "../../worker/worker.ts";
import { openRedis } from "../open/open-redis.ts";
import { openSealingKeys } from "../open/open-sealing-keys.ts";
import { openTraces } from "../open/open-traces.ts";
import { cliRequester } from "../open/requester.ts";
import {
  apiSettings,
  notifierSettings,
  producerSettings,
  webhookSettings,
  workerSettings,
} from "../open/role-settings.ts";
import { listenOrExplain } from "./listen-or-explain.ts";

/** All roles in one process. */
interface Stack {
  readonly producer: Producer;
  readonly apiUrl: string;
  readonly webhookUrl: string;
  /** Undefined when it talks to Bird. */
  readonly sandbox: Sandbox | undefined;
  readonly isRedisEmbedded: boolean;
  close(): Promise<void>;
}

interface StackDeps {
  readonly config: Config;
  /** Where a private Redis and its sealing key live. */
  readonly dataDir: string;
  readonly log: Logger;
  /** The package's. */
  readonly version: string;
  readonly sandbox?: SandboxOptions | undefined;
}

/**
 * Starts every role: a private Redis unless there is one, the sandbox unless there is a key for Bird, the
 * webhook service, a worker, a notifier, a producer and the API. What was started before a failure is closed again.
 */
export const startStack = async (deps: StackDeps): Promise<Stack> => {
  const { config, dataDir, log, version } = deps;
  await using opened = new AsyncDisposableStack();
  const traces = await openTraces({ ...deps, role: "perch" });
  opened.defer(async () => traces?.close());
  const redis = await openRedis({ config, dataDir, log, shards: "register" });
  opened.defer(redis.close);
  const sealingKeys = await openSealingKeys(config, { isEmbedded: redis.isEmbedded, dataDir });
  const { keys } = redis;
  const connect = async (role: "worker" | "webhook" | "notifier" | "api") => {
    const whenAway = role === "worker" || role === "notifier" ? "wait" : "fail";
    const client = await connectRedis(redis.url, { whenAway, name: role });
    opened.defer(() => closeRedis(client));
    return client;
  };

  const apiClient = await connect("api");
  const using = useShards({ client: apiClient, keys, role: "start" });
  opened.defer(using.stop);
  const findTrace = createFindTrace({ client: apiClient, keys });
  const readFleet = createReadFleet({ client: apiClient, keys });
  const probe = createWriteProbe({ client: apiClient, keys });
  const metrics = createMetrics({ version, client: apiClient, probe, readFleet });
  opened.defer(async () => metrics.close());
  const counted = metrics.forWebhook();

  const isSandboxed = config.BIRD_ACCESS_KEY === undefined;
  const signingSecret =
    config.WEBHOOK_SIGNING_SECRET ?? (isSandboxed ? randomBytes(32).toString("hex") : undefined);
  const settings = webhookSettings({ ...config, WEBHOOK_SIGNING_SECRET: signingSecret });
  const webhookClient = await connect("webhook");
  const webhook = await listenOrExplain("WEBHOOK_PORT", settings.port, (port) =>
    startWebhook({
      client: webhookClient,
      keys,
      settings: { ...settings, port },
      metrics: counted,
      traces: traces?.forWebhook({ findTrace }),
      log,
    }),
  );
  opened.defer(webhook.close);

  const sandbox = isSandboxed
    ? await listenOrExplain("SANDBOX_PORT", config.SANDBOX_PORT, (port) =>
        startSandbox({
          port,
          log: (message) => log.debug(message),
          subscribeAll: {
            url: `${config.WEBHOOK_PUBLIC_URL ?? webhook.url}/webhooks/bird/{workspaceId}`,
            signingKey: (workspaceId) => workspaceSigningKey(signingSecret ?? "", workspaceId),
            events: ["channel.created", "channel.updated"],
          },
          ...deps.sandbox,
        }),
      )
    : undefined;
  if (sandbox !== undefined) opened.defer(sandbox.close);

  const bird = {
    url: sandbox?.url ?? config.BIRD_API_URL,
    accessKey: sandbox?.accessKey ?? config.BIRD_ACCESS_KEY ?? "",
  };
  const seal = createSeal(sealingKeys.keys);
  let running: InstallWorker | undefined;
  const worker = await startWorker({
    client: await connect("worker"),
    keys,
    seal,
    settings: {
      ...workerSettings({ ...config, WEBHOOK_SIGNING_SECRET: signingSecret }, bird),
      birdOrganizationId: sandbox?.organizationId ?? config.BIRD_ORGANIZATION_ID,
    },
    metrics: metrics.forWorker(() => running?.isRunning() === true),
    traces: traces?.forWorker(),
    log,
  });
  opened.defer(() => worker.close());
  running = worker;
  const notifier = await startNotifier({
    client: await connect("notifier"),
    keys,
    digests: seal.digests,
    settings: notifierSettings(config),
    ...metrics.forNotifier(),
    traces: traces?.forNotifier({ findTrace }),
    log,
    version,
  });
  opened.defer(() => notifier.close());
  const producer = await createProducer({
    redisUrl: redis.url,
    sealingKeys: sealingKeys.text,
    ...producerSettings(config),
    requestedBy: cliRequester(),
  });
  opened.defer(producer.close);
  const settingsOfApi = apiSettings(config, bird, version);
  const api = await listenOrExplain("API_PORT", settingsOfApi.port, (port) =>
    startApi({
      client: apiClient,
      keys,
      producer,
      seal,
      settings: { ...settingsOfApi, port, meta: settingsOfApi.meta ?? sandbox?.meta },
      metrics: metrics.forApi(),
      traces: traces?.forApi(),
      log,
    }),
  );
  opened.defer(api.close);
  const all = opened.move();
  return {
    producer,
    apiUrl: api.url,
    webhookUrl: webhook.url,
    sandbox,
    isRedisEmbedded: redis.isEmbedded,
    close: () => all.disposeAsync(),
  };
};
