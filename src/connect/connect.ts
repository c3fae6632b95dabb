import type { Logger } from "../log.ts";
import { createGraph } from "../meta/graph.ts";
import { createMeta } from "../meta/meta.ts";
import type { ObserveMeta } from "../meta/observe-meta.ts";
import type { Producer } from "../producer/producer.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import { checkShards } from "../queue/keyspace/shard-number.ts";
import { createLinkSessions } from "../queue/links/sessions.ts";
import { logReadiness } from "../queue/redis-state/readiness-log.ts";
import { createRedisWatch } from "../queue/redis-state/redis-watch.ts";
import { createReady, type WriteProbe } from "../queue/redis-state/write-probe.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import type { RedisClient } from "../redis/client.ts";
import { createFinishSignup } from "./finish.ts";
import { type ConnectMetrics, type ConnectTraces, noConnectMetrics } from "./observer.ts";
import { buildConnectServer } from "./server.ts";
import { createConnectSessions } from "./sessions.ts";

export interface ConnectSettings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Undefined: the address it listens on, on this machine. */
  readonly publicUrl: string | undefined;
  /** Hosts that links may send customers to, and whose pages may have `connect.js` in them. */
  readonly redirectHosts: readonly string[];
  readonly proxyHops: number;
  /** Of the platform, as the customer knows it. */
  readonly name: string;
  readonly logoUrl: string | undefined;
  readonly meta: {
    readonly appId: string;
    readonly appSecret: string;
    readonly configId: string;
    /** With the version at its end. */
    readonly graphUrl: string;
    readonly sdkUrl: string;
  };
  readonly retentionMs: number;
  /** Folder of the built page. */
  readonly pageDir?: string | undefined;
}

export interface Connect {
  /** Where it listens. */
  readonly url: string;
  /** Takes no more requests and answers those in hand. */
  close(): Promise<void>;
}

/** A code lives for about 30 seconds. */
const exchangeTimeoutMs = 10_000;

/** Meta's SDK opens and frames windows of these, whose messages are Meta's. */
const metaOrigins = ["https://www.facebook.com", "https://web.facebook.com"] as const;
const sdkHost = "connect.facebook.net";

/** Listens for customers until it is closed. `client` must fail fast; it and the producer stay the caller's. */
export const startConnect = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly probe: WriteProbe;
  readonly producer: Producer;
  readonly seal: Seal;
  readonly settings: ConnectSettings;
  readonly metrics?: ConnectMetrics | undefined;
  readonly observeMeta?: ObserveMeta | undefined;
  readonly traces?: ConnectTraces | undefined;
  readonly log: Logger;
}): Promise<Connect> => {
  const { client, keys, probe, producer, seal, settings, observeMeta: observe, log } = deps;
  const { installs } = producer;
  const { meta, redirectHosts, retentionMs } = settings;
  const exchange = createMeta({ ...meta, requestTimeoutMs: exchangeTimeoutMs, observe });
  const graph = createGraph({ graphUrl: meta.graphUrl, requestTimeoutMs: exchangeTimeoutMs, observe });
  const redisWatch = createRedisWatch({ probe, log });
  const sessions = createLinkSessions({ client, keys, seal, installs, retentionMs });
  // The sandbox's script and windows have one origin.
  const sdkOrigin = new URL(meta.sdkUrl);
  const allowedOrigins = sdkOrigin.hostname === sdkHost ? [...metaOrigins] : [sdkOrigin.origin];
  let listening = "";
  const server = await buildConnectServer({
    sessions: createConnectSessions({
      sessions,
      installs,
      finishSignup: createFinishSignup({
        sessions,
        producer,
        exchangeCode: exchange.exchange,
        readNumber: graph.phoneNumber,
        listNumbers: graph.phoneNumbersOf,
        log,
      }),
      page: {
        name: settings.name,
        logoUrl: settings.logoUrl,
        meta: {
          appId: meta.appId,
          configId: meta.configId,
          graphVersion: /v\d+\.\d+$/.exec(meta.graphUrl)?.[0] ?? "",
          sdkUrl: meta.sdkUrl,
          allowedOrigins,
        },
      },
      traces: deps.traces,
      now: () => performance.now(),
    }),
    publicUrl: () => settings.publicUrl ?? listening,
    embedHosts: redirectHosts,
    page: {
      dir: settings.pageDir,
      sdkUrl: meta.sdkUrl,
      logoUrl: settings.logoUrl,
      metaOrigins: allowedOrigins,
    },
    proxyHops: settings.proxyHops,
    ready: logReadiness(
      async () => {
        await createReady(probe)();
        await checkShards({ client, keys });
      },
      { log, service: "connect" },
    ),
    redisRefused: redisWatch.refused,
    metrics: deps.metrics ?? noConnectMetrics,
    log,
  });
  listening = await server.listen({ host: settings.host, port: settings.port });
  redisWatch.begin();
  return {
    url: listening,
    close: async () => {
      await server.close();
      redisWatch.close();
      exchange.close();
      graph.close();
    },
  };
};
