import { createSendTestMessage } from "../actions/send-test-message.ts";
import { createUninstall } from "../actions/uninstall.ts";
import { createBirdClient } from "../bird/bird-client.ts";
import { createConnectors } from "../bird/connectors.ts";
import { type BirdExchange, measureBird } from "../bird/measure-bird.ts";
import { createMessages } from "../bird/messages.ts";
import { createPrepareWorkspace } from "../bird/prepare-workspace.ts";
import type { Receiver } from "../bird/receiver.ts";
import { createSubscriptions } from "../bird/subscriptions.ts";
import { isLoopback } from "../http/is-loopback.ts";
import type { Logger } from "../log.ts";
import { createMeta, type Meta } from "../meta/meta.ts";
import type { ObserveMeta } from "../meta/observe-meta.ts";
import type { NotifierSettings } from "../notify/notifier.ts";
import { createSendTestEvent } from "../notify/send-test-event.ts";
import type { CheckRow } from "../producer/import/check-rows.ts";
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
import { createEndedSessions } from "../queue/maintenance/ended-sessions.ts";
import { logReadiness } from "../queue/maintenance/readiness-log.ts";
import { createRedisWatch } from "../queue/maintenance/redis-watch.ts";
import { createReady, type WriteProbe } from "../queue/maintenance/write-probe.ts";
import { createMatching } from "../queue/matching/matching.ts";
import { createListRefused } from "../queue/matching/refused.ts";
import { createUnmatchedEvents } from "../queue/matching/unmatched.ts";
import { createUnreadableEvents } from "../queue/matching/unreadable.ts";
import { createNotifications } from "../queue/outbox/notifications.ts";
import { createReadCounted } from "../queue/outbox/receivers.ts";
import { createResendMany } from "../queue/outbox/resend-many.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import { createHourlyCounts } from "../queue/stats/hourly-counts.ts";
import { createReadStats } from "../queue/stats/stats.ts";
import { createAccessKeyStore, createAccessKeys } from "../queue/workspaces/access-keys.ts";
import { createChangeAccessKey } from "../queue/workspaces/change-access-key.ts";
import { createResumeWorkspace } from "../queue/workspaces/held-installs.ts";
import { createListWorkspaces, createReadWorkspace } from "../queue/workspaces/list.ts";
import { createSubscriptionStates } from "../queue/workspaces/subscription-states.ts";
import type { RedisClient } from "../redis/client.ts";
import { shownRedisUrl } from "../redis/url.ts";
import type { ApiDeps } from "./api-deps.ts";
import { buildApiServer } from "./app.ts";
import type { ApiKey } from "./auth/api-keys.ts";
import type { ConnectAddress } from "./connect-links.ts";
import { isConsoleBuilt } from "./server/console.ts";

export interface ApiSettings {
  /** Budget of requests to Meta, fleet-wide, with `meta`. Default: 20. */
  readonly metaReadsPerSecond?: number | undefined;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Empty: every caller on this machine may do everything, and the server listens on loopback only. */
  readonly keys: readonly ApiKey[];
  /** Of one key, in this process; 0: no limit. */
  readonly requestsPerSecond: number;
  readonly allowsHttp: boolean;
  readonly birdApiUrl: string;
  readonly birdAccessKey: string;
  readonly requestTimeoutMs: number;
  /** Undefined: signup codes are refused. */
  readonly meta:
    | { readonly appId: string; readonly appSecret: string; readonly graphUrl: string }
    | undefined;
  /** Undefined: no connect links can be made, and the answer says so. */
  readonly connect?: ConnectAddress | undefined;
  /** Undefined: no workspace can be prepared, and the answer says so. The same for `receiver`. */
  readonly birdOrganizationId: string | undefined;
  readonly receiver: Receiver | undefined;
  readonly getsPerSecond: number;
  readonly holdBaseMs: number;
  readonly holdCapMs: number;
  /** `NOTIFY_URL`. */
  readonly notifyUrl: string | undefined;
  /** How test events are sent. */
  readonly notifier: Pick<NotifierSettings, "secrets" | "allowPrivate" | "timeoutMs">;
  readonly retentionMs: number;
  readonly version: string;
  /** Folder of the built console; undefined: it is not served. */
  readonly consoleDir?: string | undefined;
}

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

export interface Api {
  /** The address it listens on. */
  readonly url: string;
  /** Whether it serves the console at `/`. */
  readonly hasConsole: boolean;
  /** Takes no more requests and answers those in flight; requests that wait for an install's end are answered at once. */
  close(): Promise<void>;
}

/** Thrown when the API would be open to every host that reaches this machine. */
export class ApiKeysMissingError extends Error {
  readonly code = "api_keys_missing";

  constructor() {
    super("API_KEYS is not set, so API_HOST must be this machine alone: make a key with perch keys api.");
    this.name = "ApiKeysMissingError";
  }
}

/**
 * Listens for requests until it is closed. `client` must fail fast; it and the producer stay open: they belong to the caller.
 *
 * @throws {ApiKeysMissingError} there are no keys, and the host is not loopback.
 */
export const startApi = async (deps: {
  readonly client: RedisClient;
  /** Where the client is connected, for `GET /v1/session`. */
  readonly redisUrl: string;
  readonly keys: Keys;
  readonly probe: WriteProbe;
  readonly producer: Producer;
  readonly seal: Seal;
  readonly settings: ApiSettings;
  /** Asks Meta about rows of a dry run. Undefined: it cannot be asked. */
  readonly checkRow?: CheckRow | undefined;
  readonly runDoctor: ApiDeps["runDoctor"];
  readonly observeMeta?: ObserveMeta | undefined;
  /** Undefined: there is no `GET /metrics`. */
  readonly metrics?: ApiMetrics | undefined;
  /** Undefined: nothing is traced. */
  readonly traces?: ApiTraces | undefined;
  readonly log: Logger;
}): Promise<Api> => {
  const { settings, runDoctor, metrics, traces, log } = deps;
  if (settings.keys.length === 0 && !isLoopback(settings.host)) throw new ApiKeysMissingError();
  await using opened = new AsyncDisposableStack();
  const meta =
    settings.meta &&
    createMeta({ ...settings.meta, requestTimeoutMs: exchangeTimeoutMs, observe: deps.observeMeta });
  opened.defer(async () => meta?.close());
  const routes = createRouteDeps(deps);
  opened.defer(routes.close);
  const server = await buildApiServer({
    ...routes.deps,
    ...exchangeOf(meta),
    checkRow: deps.checkRow,
    ...settings,
    runDoctor,
    seal: deps.seal,
    sandboxUrl: isLoopback(URL.parse(settings.birdApiUrl)?.hostname ?? "") ? settings.birdApiUrl : undefined,
    redis: shownRedisUrl(deps.redisUrl),
    exposeMetrics: metrics?.expose,
    traceRequests: traces?.traceRequests,
    log,
  });
  opened.defer(() => server.close());
  const url = await server.listen({ host: settings.host, port: settings.port });
  const running = opened.move();
  const hasConsole = settings.consoleDir !== undefined && isConsoleBuilt(settings.consoleDir);
  return { url, hasConsole, close: () => running.disposeAsync() };
};

/** A code lives for about 30 seconds. */
const exchangeTimeoutMs = 10_000;

const exchangeOf = (meta: Meta | undefined): Pick<ApiDeps, "exchangeCode"> =>
  meta === undefined ? {} : { exchangeCode: meta.exchange };

/** Builds what the routes need. Each call to Redis throws RedisUnavailableError while Redis does not answer. */
const createRouteDeps = (deps: {
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
      batchActions: createBatchActions({ client, keys, batches, installs, actions }),
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
      await Promise.all([counts.close(), queues.close(), notifications.close()]);
    },
  };
};
