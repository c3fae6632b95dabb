import type { Logger } from "../log.ts";
import { createInstallsQueues } from "../queue/installs/queue.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import { checkShards } from "../queue/keyspace/shard-number.ts";
import { createLastEvents } from "../queue/keyspace/workspace-index.ts";
import { createErrandsQueue, createLookUps } from "../queue/maintenance/errands.ts";
import { createMatching } from "../queue/matching/matching.ts";
import { createCountRefused } from "../queue/matching/refused.ts";
import { createUnreadableEvents } from "../queue/matching/unreadable.ts";
import { logReadiness } from "../queue/redis-state/readiness-log.ts";
import { createRedisWatch } from "../queue/redis-state/redis-watch.ts";
import { createReady, createWriteProbe, type WriteProbe } from "../queue/redis-state/write-probe.ts";
import type { RedisClient } from "../redis/client.ts";
import { noWebhookMetrics, type WebhookMetrics, type WebhookTraces } from "./observer.ts";
import { buildWebhookServer } from "./server.ts";
import { createSigningKeys } from "./signature.ts";
import { createStoreEvent } from "./store-event.ts";

export interface WebhookSettings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Undefined: the address it listens on, for a sandbox on the same machine. */
  readonly publicUrl: string | undefined;
  readonly signingKeys: readonly string[];
  readonly signingSecret: string | undefined;
  readonly maxAgeMs: number;
  readonly readyStatuses: readonly string[];
  readonly retentionMs: number;
}

export interface Webhook {
  /** Where it listens. */
  readonly url: string;
  /** Takes no more events and answers those in hand. */
  close(): Promise<void>;
}

/** Listens for Bird's events until it is closed. `client` must fail fast and stays the caller's. */
export const startWebhook = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly probe: WriteProbe;
  readonly settings: WebhookSettings;
  readonly metrics?: WebhookMetrics | undefined;
  /** Undefined: nothing is traced. */
  readonly traces?: WebhookTraces | undefined;
  readonly log: Logger;
}): Promise<Webhook> => {
  const { client, keys, probe, settings, log } = deps;
  const { retentionMs, readyStatuses } = settings;
  const queues = createInstallsQueues({ client, keys });
  const errands = createErrandsQueue({ client, keys });
  const matching = createMatching({ client, queues, keys, retentionMs });
  const checkReady = createReady(probe);
  const redisWatch = createRedisWatch({ probe, log });
  const refused = createCountRefused({ client, keys, retentionMs });
  const { metrics = noWebhookMetrics } = deps;
  const lastEvents = createLastEvents({ client, keys });
  let listening = "";
  const server = buildWebhookServer({
    storeEvent: createStoreEvent({
      lookUps: createLookUps({ client, keys, errands, retentionMs }),
      unreadable: createUnreadableEvents({ client, keys, retentionMs }),
      matching,
      readyStatuses,
      noteEvent: lastEvents.note,
    }),
    wake: matching.wake,
    signingKeys: createSigningKeys({ keys: settings.signingKeys, secret: settings.signingSecret }),
    publicUrl: () => settings.publicUrl ?? listening,
    maxAgeMs: settings.maxAgeMs,
    ready: logReadiness(
      async () => {
        await checkReady();
        await checkShards({ client, keys });
      },
      { log, service: "webhook" },
    ),
    // A probe of its own, because the shared one may answer what it saw a second ago.
    takesEvents: () => createReady(createWriteProbe({ client, keys }))(),
    redisRefused: redisWatch.refused,
    metrics: {
      ...metrics,
      refused: (reason) => {
        metrics.refused(reason);
        refused.count(reason);
      },
    },
    traces: deps.traces,
    log,
  });
  listening = await server.listen({ host: settings.host, port: settings.port });
  redisWatch.begin();
  return {
    url: listening,
    close: async () => {
      await server.close();
      redisWatch.close();
      await refused.close();
      await Promise.all([lastEvents.close(), queues.close(), errands.close()]);
    },
  };
};
