import { createSendTestMessage } from "../actions/send-test-message.ts";
import { createUninstall } from "../actions/uninstall.ts";
import { createBirdClient } from "../bird/bird-client.ts";
import { createConnectors } from "../bird/connectors.ts";
import { type BirdExchange, measureBird } from "../bird/measure-bird.ts";
import { createMessages } from "../bird/messages.ts";
import { createPrepareWorkspace } from "../bird/prepare-workspace.ts";
import { createSubscriptions } from "../bird/subscriptions.ts";
import type { Logger } from "../log.ts";
import { createSendTestEvent } from "../notify/send-test-event.ts";
import type { Producer } from "../producer/producer.ts";
import { createBatchActions } from "../queue/actions/batch.ts";
import { createInstallActions } from "../queue/actions/installs.ts";
import { createManyActions } from "../queue/actions/many.ts";
import { createUninstalling } from "../queue/actions/uninstalling.ts";
import { createBatches } from "../queue/batches/batches.ts";
import { createReadBudget } from "../queue/gate/budget.ts";
import { createHolds } from "../queue/gate/holds.ts";
import { createInstalls } from "../queue/installs/installs.ts";
import { createInstallsQueues } from "../queue/installs/queue.ts";
import { createFindTrace } from "../queue/installs/trace.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import { checkShards } from "../queue/keyspace/shard-number.ts";
import { createShardsWatch } from "../queue/keyspace/shards-watch.ts";
import { createWorkspaceIndex } from "../queue/keyspace/workspace-index.ts";
import { createLinks } from "../queue/links/links.ts";
import { createMakeLink } from "../queue/links/make-link.ts";
import { addMoveBatch, createChoresQueue } from "../queue/maintenance/chores.ts";
import { createEndedSessions } from "../queue/maintenance/ended-sessions.ts";
import { createMatching } from "../queue/matching/matching.ts";
import { createListRefused } from "../queue/matching/refused.ts";
import { createUnmatchedEvents } from "../queue/matching/unmatched.ts";
import { createUnreadableEvents } from "../queue/matching/unreadable.ts";
import { createNotifications } from "../queue/outbox/notifications.ts";
import { createReadCounted } from "../queue/outbox/receivers.ts";
import { createResendMany } from "../queue/outbox/resend-many.ts";
import { logReadiness } from "../queue/redis-state/readiness-log.ts";
import { createRedisWatch } from "../queue/redis-state/redis-watch.ts";
import { createReady, type WriteProbe } from "../queue/redis-state/write-probe.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import { createHourlyCounts } from "../queue/stats/hourly-counts.ts";
import { createReadStats } from "../queue/stats/stats.ts";
import { createAccessKeyStore, createAccessKeys } from "../queue/workspaces/access-keys.ts";
import { createChangeAccessKey } from "../queue/workspaces/change-access-key.ts";
import { createResumeWorkspace } from "../queue/workspaces/held-installs.ts";
import { createListWorkspaces, createReadWorkspace } from "../queue/workspaces/list.ts";
import { createSubscriptionStates } from "../queue/workspaces/subscription-states.ts";
import type { RedisClient } from "../redis/client.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { ApiSettings } from "./settings.ts";

/** Renders `GET /metrics`, and records requests to Bird. */
export interface ApiMetrics {
  readonly expose: NonNullable<ApiDeps["exposeMetrics"]>;
  readonly birdAnswered: (exchange: BirdExchange) => void;
}

/** Records spans of requests to the API, and of requests to Bird. */
export interface ApiTraces {
  readonly traceRequests: NonNullable<ApiDeps["traceRequests"]>;
  readonly birdAnswered: (exchange: BirdExchange) => void;
}

/** Builds what the routes need. Each call to Redis throws RedisUnavailableError while Redis does not answer. */
export const createRouteDeps = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly probe: WriteProbe;
  readonly producer: Producer;
  readonly seal: Seal;
  readonly settings: ApiSettings;
  readonly metrics?: ApiMetrics | undefined;
  readonly traces?: ApiTraces | undefined;
  readonly log: Logger;
}) => {
  const { client, keys, probe, seal, settings, producer } = deps;
  const { retentionMs } = settings;
  const queues = createInstallsQueues({ client, keys });
  const matching = createMatching({ client, queues, keys, retentionMs });
  const holds = createHolds({ client, keys, baseMs: settings.holdBaseMs, capMs: settings.holdCapMs });
  const installs = createInstalls({ client, keys, retentionMs });
  const batches = createBatches({ client, keys, retentionMs });
  const chores = createChoresQueue({ client, keys });
  const addMove = (batchId: string) => addMoveBatch(chores, batchId);
  const actions = createInstallActions({ client, keys, queues, installs, matching, batches, seal });
  const uninstalling = createUninstalling({ client, keys, installs, retentionMs });
  const notifications = createNotifications({
    client,
    keys,
    digests: seal.digests,
    now: Date.now,
    retentionMs,
  });
  const plainBird = createBirdClient({
    baseUrl: settings.birdApiUrl,
    accessKey: createAccessKeys({ client, keys, seal, defaultKey: settings.birdAccessKey }),
    requestTimeoutMs: settings.requestTimeoutMs,
  });
  const { metrics, traces, log } = deps;
  const checkReady = createReady(probe);
  const redisWatch = createRedisWatch({ probe, log });
  redisWatch.begin();
  const states = createSubscriptionStates({ client, keys });
  const resumeWorkspace = createResumeWorkspace({ client, keys, holds, matching });
  const counts = createHourlyCounts({ client, keys });
  const bird = measureBird(plainBird, (exchange) => {
    counts.countBird(exchange.status);
    metrics?.birdAnswered(exchange);
    traces?.birdAnswered(exchange);
  });
  return {
    deps: {
      producer,
      installs,
      actions,
      batches,
      batchActions: createBatchActions({ client, keys, batches, installs, actions, addMove }),
      findTrace: createFindTrace({ client, keys }),
      manyActions: createManyActions({ client, keys, installs, actions }),
      importRows: producer.importRows,
      uninstall: createUninstall({ installs, uninstalling, connectors: createConnectors({ client: bird }) }),
      sendTestMessage: createSendTestMessage({ installs, messages: createMessages({ client: bird }) }),
      findWorkspace: createReadWorkspace({ client, keys, holds }),
      listWorkspaces: createListWorkspaces({ client, keys, holds }),
      resumeWorkspace,
      prepareWorkspace: createPrepareWorkspace({
        subscriptions:
          settings.birdOrganizationId === undefined
            ? undefined
            : createSubscriptions({ client: bird, organizationId: settings.birdOrganizationId }),
        receiver: settings.receiver,
        states,
        takeRead: createReadBudget({
          client,
          keys,
          budget: { perSecond: settings.getsPerSecond },
          now: Date.now,
        }).take,
        requestTimeoutMs: settings.requestTimeoutMs,
      }),
      changeAccessKey: createChangeAccessKey({
        accessKeys: createAccessKeyStore({ client, keys, seal }),
        states,
        holds,
        resume: resumeWorkspace,
        note: createWorkspaceIndex({ client, keys }).note,
      }),
      unmatchedEvents: createUnmatchedEvents({ client, keys }),
      unreadableEvents: createUnreadableEvents({ client, keys, retentionMs }),
      listRefused: createListRefused({ client, keys }),
      notifications,
      links: createLinks({ client, keys, installs, retentionMs }),
      makeLink: createMakeLink({ client, keys, seal, retentionMs }),
      readCounted: createReadCounted({ notifications }),
      resendMany: createResendMany({ notifications }),
      sendTestEvent: createSendTestEvent({ settings: settings.notifier, version: settings.version }),
      notifyUrl: settings.notifyUrl,
      endedSessions: createEndedSessions({ client, keys }),
      readStats: createReadStats({ client, keys }),
      ready: logReadiness(
        async () => {
          await checkReady();
          await checkShards({ client, keys });
        },
        { log, service: "api" },
      ),
      redisRefused: redisWatch.refused,
      checkShards: createShardsWatch({ client, keys }).check,
    },
    close: async () => {
      redisWatch.close();
      bird.close();
      await Promise.all([counts.close(), queues.close(), chores.close(), notifications.close()]);
    },
  };
};
