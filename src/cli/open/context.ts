import type { Config } from "../../config/config.ts";
import { lazy } from "../../lazy.ts";
import type { Logger } from "../../log.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";
import { openRedis, type ShardsUse } from "./open-redis.ts";
import { type PrivateUse, privateRedisNote, stopWithProcess } from "./private-use.ts";
import { cliRequester } from "./requester.ts";

/** What a command needs to open its Redis and its keys. */
export interface CommandDeps {
  readonly config: Config;
  readonly dataDir: string;
  /** Where a fetched Redis server is kept; default: in the data directory. */
  readonly serversDir?: string | undefined;
  readonly log: Logger;
  /** The package's, for traces and user agents. */
  readonly version?: string | undefined;
  /** Default: `look`. */
  readonly shards?: ShardsUse | undefined;
  /** Of commands for people; roles use a private Redis without a word. */
  readonly privateUse?: PrivateUse | undefined;
}

/** Runs a command with what it needs, and closes what that opened. */
export const withContext = async <T>(
  deps: CommandDeps,
  run: (context: CommandContext) => Promise<T>,
): Promise<T> => {
  await using opened = new AsyncDisposableStack();
  return await run(createContext(deps, opened));
};

export type CommandContext = ReturnType<typeof createContext>;

/**
 * What commands work with. Each part is opened, and its modules are loaded, when it is first asked for: a command that
 * seals nothing needs no sealing key. `opened` closes all of it.
 */
export const createContext = (deps: CommandDeps, opened: AsyncDisposableStack) => {
  const { config, dataDir, version = "0.0.0", shards = "look" } = deps;
  const { RETENTION_MS: retentionMs } = config;
  const requestedBy = cliRequester();

  const redis = lazy(async () => {
    const { privateUse } = deps;
    if (config.REDIS_URL === undefined) privateUse?.say(privateRedisNote(dataDir));
    const found = await openRedis({ ...deps, shards });
    opened.defer(found.close);
    if (found.isEmbedded && privateUse !== undefined) opened.defer(stopWithProcess(found.close).off);
    return found;
  });
  const store = lazy(async () => {
    const { url, keys } = await redis();
    const client = await connectRedis(url, { whenAway: "fail", name: "command" });
    opened.defer(() => closeRedis(client));
    return { client, keys, retentionMs };
  });
  const sealingKeys = lazy(async () => {
    const { openSealingKeys } = await import("./open-sealing-keys.ts");
    return openSealingKeys(config, { isEmbedded: (await redis()).isEmbedded, dataDir });
  });
  const seal = lazy(async () => {
    const { createSeal } = await import("../../queue/secrets/seal.ts");
    return createSeal((await sealingKeys()).keys);
  });

  const installs = lazy(async () => {
    const { createInstalls } = await import("../../queue/installs/installs.ts");
    return createInstalls(await store());
  });
  const batches = lazy(async () => {
    const { createBatches } = await import("../../queue/batches/batches.ts");
    return createBatches(await store());
  });
  const findId = async (what: "install" | "batch", text: string): Promise<string> => {
    const { createFindId } = await import("./find-id.ts");
    const { client, keys } = await store();
    const sets = what === "batch" ? [keys.home().batches] : keys.shards.map((shard) => shard.installs);
    return createFindId({ client, sets, what })(text);
  };
  const addMove = lazy(async () => {
    const { addMoveBatch, createChoresQueue } = await import("../../queue/maintenance/chores.ts");
    const chores = createChoresQueue(await store());
    opened.defer(() => chores.close());
    return (batchId: string) => addMoveBatch(chores, batchId);
  });
  const batchDecisions = lazy(async () => {
    const { createBatchDecisions } = await import("../../queue/batches/decisions.ts");
    return createBatchDecisions({ batches: await batches(), addMove: await addMove(), requestedBy });
  });
  const matching = lazy(async () => {
    const { createInstallsQueues } = await import("../../queue/installs/queue.ts");
    const { createMatching } = await import("../../queue/matching/matching.ts");
    const stored = await store();
    const queues = createInstallsQueues(stored);
    opened.defer(queues.close);
    return { queues, matching: createMatching({ ...stored, queues }) };
  });
  const actions = lazy(async () => {
    const { createInstallActions } = await import("../../queue/actions/installs.ts");
    const { createBatchActions } = await import("../../queue/actions/batch.ts");
    const { createManyActions } = await import("../../queue/actions/many.ts");
    const sealed = { seal: await seal() };
    const read = { installs: await installs(), batches: await batches(), requestedBy };
    const common = { ...(await store()), ...read };
    const acts = createInstallActions({ ...common, ...sealed, ...(await matching()) });
    return {
      actions: acts,
      batchActions: createBatchActions({ ...common, addMove: await addMove(), actions: acts }),
      manyActions: createManyActions({ ...common, actions: acts }),
    };
  });

  /** Bird, called with a workspace's own access key where there is one. */
  const bird = lazy(async () => {
    const { createBirdClient } = await import("../../bird/bird-client.ts");
    const { createAccessKeys } = await import("../../queue/workspaces/access-keys.ts");
    const access = { seal: await seal(), ...(await store()) };
    const client = createBirdClient({
      baseUrl: config.BIRD_API_URL,
      accessKey: createAccessKeys({ ...access, defaultKey: config.BIRD_ACCESS_KEY ?? "" }),
      requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
    });
    opened.defer(async () => client.close());
    return client;
  });
  const uninstall = lazy(async () => {
    const { createUninstall } = await import("../../actions/uninstall.ts");
    const { createConnectors } = await import("../../bird/connectors.ts");
    const { createUninstalling } = await import("../../queue/actions/uninstalling.ts");
    const connectors = createConnectors({ client: await bird() });
    const read = { installs: await installs() };
    const uninstalling = createUninstalling({ ...(await store()), ...read, requestedBy });
    return createUninstall({ ...read, uninstalling, connectors });
  });
  const eraseNumber = lazy(async () => {
    const { createEraseNumber } = await import("../../queue/erase/erase.ts");
    const { createNotificationsQueue } = await import("../../queue/outbox/data.ts");
    const stored = await store();
    const notificationsQueue = createNotificationsQueue(stored);
    opened.defer(() => notificationsQueue.close());
    const read = { installs: await installs(), batches: await batches() };
    return createEraseNumber({ ...stored, ...read, notificationsQueue });
  });

  const connectLinks = lazy(async () => {
    const { createLinks } = await import("../../queue/links/links.ts");
    return createLinks({ ...(await store()), installs: await installs() });
  });
  const makeLink = lazy(async () => {
    const { createMakeLink } = await import("../../queue/links/make-link.ts");
    return createMakeLink({ ...(await store()), seal: await seal() });
  });

  const holds = lazy(async () => {
    const { createHolds } = await import("../../queue/gate/holds.ts");
    return createHolds({ ...(await store()), baseMs: config.HOLD_BASE_MS, capMs: config.HOLD_CAP_MS });
  });
  const resumeWorkspace = lazy(async () => {
    const { createResumeWorkspace } = await import("../../queue/workspaces/held-installs.ts");
    const waiting = { holds: await holds(), ...(await matching()) };
    return createResumeWorkspace({ ...(await store()), ...waiting, requestedBy });
  });
  const waits = lazy(async () => {
    const { createWaits } = await import("./waits.ts");
    const read = { installs: await installs(), batches: await batches(), holds: await holds() };
    return createWaits({ ...read, ...(await store()), queues: (await matching()).queues });
  });
  const changeAccessKey = lazy(async () => {
    const { createAccessKeyStore } = await import("../../queue/workspaces/access-keys.ts");
    const { createChangeAccessKey } = await import("../../queue/workspaces/change-access-key.ts");
    const { createWorkspaceIndex } = await import("../../queue/keyspace/workspace-index.ts");
    return createChangeAccessKey({
      accessKeys: createAccessKeyStore({ seal: await seal(), ...(await store()) }),
      states: await subscriptionStates(),
      holds: await holds(),
      resume: await resumeWorkspace(),
      note: createWorkspaceIndex(await store()).note,
    });
  });
  const listWorkspaces = lazy(async () => {
    const { createListWorkspaces } = await import("../../queue/workspaces/list.ts");
    return createListWorkspaces({ ...(await store()), holds: await holds() });
  });
  const subscriptionStates = lazy(async () => {
    const { createSubscriptionStates } = await import("../../queue/workspaces/subscription-states.ts");
    return createSubscriptionStates(await store());
  });
  const prepareWorkspace = lazy(async () => {
    const { createPrepareWorkspace } = await import("../../bird/prepare-workspace.ts");
    const { createSubscriptions } = await import("../../bird/subscriptions.ts");
    const { createReadBudget } = await import("../../queue/gate/budget.ts");
    const { receiverOf } = await import("../../roles/settings.ts");
    const client = await bird();
    const organizationId = config.BIRD_ORGANIZATION_ID;
    const budget = { perSecond: config.BIRD_GETS_PER_SECOND };
    return createPrepareWorkspace({
      subscriptions:
        organizationId === undefined ? undefined : createSubscriptions({ client, organizationId }),
      receiver: receiverOf(config),
      states: await subscriptionStates(),
      takeRead: createReadBudget({ ...(await store()), budget, now: Date.now }).take,
      requestTimeoutMs: config.BIRD_REQUEST_TIMEOUT_MS,
    });
  });

  /** The check of numbers at Meta; undefined without an app. */
  const checkNumber = lazy(async () => {
    const { metaReads } = await import("../../roles/settings.ts");
    const { openCheckNumber } = await import("../../roles/check-number.ts");
    const meta = metaReads(config);
    return meta && openCheckNumber(meta, { ...(await store()), opened });
  });

  /** Meta's Graph API, for a person who waits for it; undefined without an app. */
  const meta = lazy(async () => {
    const { metaReads } = await import("../../roles/settings.ts");
    const { openGraph } = await import("../../roles/check-number.ts");
    const app = metaReads(config);
    return app && { graph: openGraph(app, { opened }), appId: app.appId };
  });

  const eventLists = lazy(async () => {
    const { createUnmatchedEvents } = await import("../../queue/matching/unmatched.ts");
    const { createUnreadableEvents } = await import("../../queue/matching/unreadable.ts");
    const { createListRefused } = await import("../../queue/matching/refused.ts");
    const stored = await store();
    return {
      unmatchedEvents: createUnmatchedEvents(stored),
      unreadableEvents: createUnreadableEvents(stored),
      listRefused: createListRefused(stored),
    };
  });
  const notificationLists = lazy(async () => {
    const { createNotifications } = await import("../../queue/outbox/notifications.ts");
    const { createReadCounted } = await import("../../queue/outbox/receivers.ts");
    const { createResendMany } = await import("../../queue/outbox/resend-many.ts");
    const { digests } = await seal();
    const notifications = createNotifications({ ...(await store()), digests, now: Date.now });
    opened.defer(() => notifications.close());
    return {
      notifications,
      readCounted: createReadCounted({ notifications }),
      resendMany: createResendMany({ notifications }),
    };
  });
  const openTestEvents = async () => {
    const { createSendTestEvent } = await import("../../notify/send-test-event.ts");
    const { notifierSettings } = await import("../../roles/settings.ts");
    return {
      sendTestEvent: createSendTestEvent({ settings: notifierSettings(config), version }),
      notifyUrl: config.NOTIFY_URL,
    };
  };
  const readStats = lazy(async () => {
    const { createReadStats } = await import("../../queue/stats/stats.ts");
    return createReadStats(await store());
  });

  /** Starts traces if they are configured. @param role What the service is called unless OTEL_SERVICE_NAME says otherwise. */
  const openTraces = async (role: string) => {
    const traces = await (await import("./open-traces.ts")).openTraces({ ...deps, role });
    opened.defer(async () => traces?.close());
    return traces;
  };
  const shardNumber = lazy(async () => {
    const { createKeys } = await import("../../queue/keyspace/keys.ts");
    const { registerShardCount } = await import("../../queue/keyspace/shard-number.ts");
    const { readShardOverview } = await import("../../queue/keyspace/shard-users.ts");
    const { client, keys } = await store();
    return {
      readOverview: () => readShardOverview({ client, keys }),
      /** Registers so many shards. */
      grow: (shards: number) => registerShardCount({ client, keys: createKeys(keys.prefix, shards) }),
    };
  });

  /** @param how See `createProducer`. */
  const openProducer = async (how: { readonly enqueues: boolean }) => {
    await openTraces("perch");
    const { url: redisUrl, keys } = await redis();
    const { text } = await sealingKeys();
    const producers = await import("../../roles/producer.ts");
    const { producerSettings } = await import("../../roles/settings.ts");
    const settings = { sealingKeys: text, ...producerSettings(config), requestedBy };
    return producers.openProducer({ redisUrl, keys, opened }, settings, how);
  };

  return {
    redis,
    store,
    sealingKeys,
    seal,
    installs,
    batches,
    batchDecisions,
    /** Completes a shortened id of an install; see `createFindId`. */
    findInstallId: (text: string) => findId("install", text),
    findBatchId: (text: string) => findId("batch", text),
    actions,
    uninstall,
    connectLinks,
    makeLink,
    requestedBy,
    eraseNumber,
    holds,
    resumeWorkspace,
    waits,
    changeAccessKey,
    listWorkspaces,
    prepareWorkspace,
    checkNumber,
    meta,
    shardNumber,
    eventLists,
    notificationLists,
    openTestEvents,
    readStats,
    openTraces,
    openProducer,
  };
};
