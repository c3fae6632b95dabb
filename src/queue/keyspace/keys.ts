import type { WebhookRefusal } from "../../install/webhook-refusals.ts";
import type { HoldReason } from "../../install/workspace-state.ts";
import { shardOfId, shardPrefixes } from "./shards.ts";

/** Name of the BullMQ queue whose jobs are the installs. */
export const installsQueueName = "installs";
/** Name of the BullMQ queue for Perch's own chores: sweeps and moves of batches. */
export const choresQueueName = "chores";
/** Name of the BullMQ queue for what Perch asks of Bird beside installs. See `errands.ts`. */
export const errandsQueueName = "errands";
/** Name of the BullMQ queue whose jobs are the notifications. */
export const notificationsQueueName = "notifications";

/** Hash tag of all keys, so that a Redis Cluster keeps them in one slot. */
export const defaultPrefix = "{perch}";

/**
 * The Redis keys of one shard beside BullMQ's. All share BullMQ's prefix and with it the hash tag, so one script can use
 * any of them. Installs, and what is kept of their workspaces and connectors, are spread over the shards by workspace (see `placement.ts`);
 * what is there once, like batches and notifications, is in the first shard, the home.
 */
export interface Keys {
  readonly prefix: string;
  /** Keys of all shards, the home first. */
  readonly shards: readonly Keys[];
  home(): Keys;
  /** Keys of the shard an install is in, by its id. The ULID of a connect link's id names its shard alike. */
  ofInstall(installId: string): Keys;
  /** Workspaces whose shard this process has learned. See `placement.ts`. */
  readonly placed: Map<string, Keys>;
  /** String: written with a minute to live by probes whether Redis takes writes. See `write-probe.ts`. */
  readonly probe: string;
  /** String: how many shards there are; absent for one. Of a shard other than the home: the mark of `shard-number.ts`. */
  readonly shardCount: string;
  /** String: a count of changes that keep shards from being taken back. In the home, as the next two. */
  readonly shardEpoch: string;
  /** Sorted set: processes and how many shards they use; score: when they last said so, ms by Redis's clock. */
  readonly shardUsers: string;
  /** Hash: workspace to its shard; one for each beginning of ids, so that Redis can pack it. */
  placements(workspaceId: string): string;
  /** BullMQ's hash of one install. */
  job(installId: string): string;
  /** Where BullMQ keeps ids of the installs in one state: lists for `wait` and `active`, else sorted sets. */
  installsIn(state: "wait" | "prioritized" | "active" | "delayed" | "completed" | "failed"): string;
  /** BullMQ's log list of one install: its timeline. */
  logs(installId: string): string;
  /** Stream: BullMQ's events of installs. See `queue.ts`. */
  readonly events: string;
  /** BullMQ's lock of one install: the token of the run that may act. */
  lock(installId: string): string;
  /** Hash: the install that owns a connector, and the channel its events named. See `matching.ts`. */
  connector(connectorId: string): string;
  /**
   * Hash: an event that no install of its workspace has taken (yet), by connector; the workspace is "" where the
   * event's address names none. A workspace's events can so neither hide nor change those of another.
   */
  unmatchedEvent(workspaceId: string, connectorId: string): string;
  /** Sorted set: connectors whose event is stored and not yet consumed; score: arrival, ms. */
  readonly arrived: string;
  /** Sorted set: events that match no install (yet), as workspace, `:` and connector; score: arrival, ms. */
  readonly unmatched: string;
  /** Sorted set: connectors of one workspace's unmatched events; score: arrival, ms. */
  unmatchedOf(workspaceId: string): string;
  /** Stream: signed events that could not be read or looked up. See `unreadable.ts`. */
  readonly unreadable: string;
  /** List: ids of the entries of `unreadable` that came from one workspace, oldest first. */
  unreadableOf(workspaceId: string): string;
  /** Hash: how many events were dropped to make room, by why. */
  readonly droppedEvents: string;
  /** Hash: how many webhooks were refused for a reason, and when the first and the last. In the home. See `refused.ts`. */
  refusedEvents(reason: WebhookRefusal): string;
  /** Set: ids of the errands that look up a channel in one workspace. */
  lookUps(workspaceId: string): string;
  /** String: the install that currently stands for a number in a workspace. See `claims.ts`. */
  claim(workspaceId: string, phoneId: string): string;
  /** String: the hold of one workspace. See `holds.ts`. */
  hold(workspaceId: string): string;
  /** Sorted set: workspaces held for one reason; score: until when, ms. Only for counting them. */
  heldWorkspaces(reason: HoldReason): string;
  /** String: what was last seen of a workspace's subscription. See `subscription-states.ts`. */
  subscription(workspaceId: string): string;
  /** String: token of the process that prepares a workspace just now. */
  preparing(workspaceId: string): string;
  /** String: a workspace's own access key, sealed. See `access-keys.ts`. */
  accessKey(workspaceId: string): string;
  /** Sorted set: installs that wait for a workspace's hold to end; score: 0, of batches 1, 2 for those that just run. */
  heldInstalls(workspaceId: string): string;
  /** Sorted set: workspaces with installs in such a line; score: when to look at it, ms. See `held-installs.ts`. */
  readonly doors: string;
  /** Set: installs that versions before those lines have held. */
  held(workspaceId: string): string;
  /**
   * String: GCRA state of a workspace's POST or GET budget; of the POSTs, those kept for single installs apart; of the
   * GETs, those that look up channels apart.
   */
  budget(kind: "post" | "post-kept" | "get" | "look-up", workspaceId: string): string;
  /** String: GCRA state of the requests to Meta. In the home, as the next. See `meta-budget.ts`. */
  metaBudget(use: "interactive" | "bulk"): string;
  /** String: there while Meta is left alone; "" for all requests, else those about a WhatsApp Business account. */
  metaPause(account: string): string;
  /** Hash: workspace to where its next install starts in a band of priorities. See `fair-priorities.ts`. */
  fair(band: "interactive" | "bulk"): string;
  /**
   * Hash: phone number to when it was created, with which phone id and for which workspace, with spaces between. A hash for each window of time and
   * each ending of a number, because a key for each number would take six times the memory; old windows expire
   * as a whole.
   */
  creates(window: number, phoneNumber: string): string;
  /** String: what an idempotency key was first used for. */
  idempotency(keyHash: string): string;
  /** Hash: the server last seen, when it may have forgotten something, the last heartbeat. See `restart-watch.ts`. */
  readonly server: string;
  /** Sorted set: fingerprints of the sealing keys that workers open tokens with; score: when last recorded, ms. In the home. See `fleet-keys.ts`. */
  readonly sealingKeys: string;
  /** Hashes of what was counted in an hour, each at this key with `:` and the hours since 1970. In the home. See `hourly-counts.ts`. */
  readonly stats: string;
  /** Sorted set, all scores 0: ids of all workspaces. In the home, as the next two. See `workspace-index.ts`. */
  readonly workspaces: string;
  /** String: there once the workspaces of versions without that set have been found. */
  readonly workspacesFound: string;
  /** Hash: workspace to when its latest event came, ms. */
  readonly lastEvents: string;
  /** Hash: worker to by how much its machine's clock is ahead of Redis's, ms, and when it said so. In the home. See `redis-clock.ts`. */
  readonly clocks: string;
  /**
   * Sorted set, all scores 0: names of the leaves that hold the ids of all installs in order of creation. A leaf
   * is a sorted set too, at this key with `:` and its name. So are the next two, and `errorInstalls`. See `id-set.ts`.
   */
  readonly installs: string;
  workspaceInstalls(workspaceId: string): string;
  batchInstalls(batchId: string): string;
  /** Sorted set: installs whose status BullMQ's sets do not tell; score: which. See `statuses.ts`. */
  readonly statuses: string;
  /** Those that failed with a code, `cancelled` among them. */
  errorInstalls(errorCode: string): string;
  /** Hash: phone number to ids of its installs with spaces between, or channel to connector; for each window of time. */
  lookup(what: "phone" | "channel", window: number, value: string): string;
  /** Hash: what is known of one batch as a whole. Its other keys begin with this one; see `scripts.ts`. */
  batch(batchId: string): string;
  /** Like `installs`: ids of all batches. */
  readonly batches: string;
  /** Set: batches that have not finished. */
  readonly openBatches: string;
  /** Set: finished batches whose `batch.finished` notification is not enqueued yet. */
  readonly unnotifiedBatches: string;
  /** String: where the next sweep of batches goes on. See `sweep-cursor.ts`. */
  readonly batchSweep: string;
  /** String: the batch an import began, found by what its first rows and options amount to. */
  batchImport(digest: string): string;
  /** BullMQ's hash of one notification. */
  notificationJob(notificationId: string): string;
  /** BullMQ's sorted set of notifications that were delivered (`completed`) or given up; score: when, ms. */
  endedNotifications(state: "completed" | "failed"): string;
  /** Sorted set: all notifications; score: when announced or last sent again, ms. */
  readonly notifications: string;
  /** Sorted set, scored alike: notifications neither delivered nor given up. */
  readonly pendingNotifications: string;
  /** Hash that earlier versions kept of URLs that answered 410; the sweep removes it. */
  readonly stoppedUrls: string;
  /** Sorted set: keyed digest of a URL that answered 410; score: when, ms. See `stopped-urls.ts`. */
  readonly stoppedAt: string;
  /** Sorted set: ids of sessions that were signed out; score: when they would have ended, ms. */
  readonly endedSessions: string;
  /** Sorted set: installs whose outcome is not enqueued as a notification yet; score: since when, ms. See `outbox.ts`. */
  readonly outbox: string;
  /** Hash: one connect link, by its id. See `links/scripts.ts`. */
  connectLink(linkId: string): string;
  /** Sorted set: connect links; score: when made, ms. */
  readonly connectLinks: string;
  /** The same of one workspace. */
  connectLinksOf(workspaceId: string): string;
  /** Sorted set: connect links whose customer broke off, which is not enqueued as a notification yet; score: since when, ms. */
  readonly connectOutbox: string;
}

/**
 * Keys of the home shard, which lead to those of the others.
 *
 * @param prefix BullMQ's `prefix` of the home, with the hash tag in braces.
 */
export const createKeys = (prefix: string = defaultPrefix, shardCount = 1): Keys => {
  const [homePrefix = prefix, ...others] = shardPrefixes(prefix, shardCount);
  const shards: Keys[] = [];
  const home = keysOfShard(homePrefix, {
    shards,
    placed: new Map(),
    home: () => home,
    // With one shard everything is in it, whatever ids look like.
    ofInstall: (id) => (shardCount === 1 ? home : (shards[shardOfId(id)] ?? home)),
  });
  shards.push(home, ...others.map((other) => keysOfShard(other, home)));
  return home;
};

const keysOfShard = (
  prefix: string,
  fleet: Pick<Keys, "shards" | "placed" | "home" | "ofInstall">,
): Keys => ({
  ...fleet,
  prefix,
  probe: `${prefix}:probe`,
  shardCount: `${prefix}:shards`,
  shardEpoch: `${prefix}:shards:epoch`,
  shardUsers: `${prefix}:shards:users`,
  placements: (workspaceId) => `${prefix}:placed:${workspaceId.slice(0, 3)}`,
  job: (id) => `${prefix}:${installsQueueName}:${id}`,
  installsIn: (state) => `${prefix}:${installsQueueName}:${state}`,
  logs: (id) => `${prefix}:${installsQueueName}:${id}:logs`,
  events: `${prefix}:${installsQueueName}:events`,
  lock: (id) => `${prefix}:${installsQueueName}:${id}:lock`,
  connector: (id) => `${prefix}:conn:${id.toLowerCase()}`,
  unmatchedEvent: (workspaceId, id) => `${prefix}:event:${workspaceId}:${id.toLowerCase()}`,
  unmatchedOf: (workspaceId) => `${prefix}:unmatched:${workspaceId}`,
  arrived: `${prefix}:arrived`,
  unmatched: `${prefix}:unmatched`,
  unreadable: `${prefix}:unreadable`,
  unreadableOf: (workspaceId) => `${prefix}:unreadable:${workspaceId}`,
  droppedEvents: `${prefix}:events:dropped`,
  refusedEvents: (reason) => `${prefix}:events:refused:${reason}`,
  lookUps: (workspaceId) => `${prefix}:look-ups:${workspaceId}`,
  claim: (workspaceId, phoneId) => `${prefix}:claim:${workspaceId}:${phoneId}`,
  hold: (workspaceId) => `${prefix}:hold:${workspaceId}`,
  heldWorkspaces: (reason) => `${prefix}:holds:${reason}`,
  subscription: (workspaceId) => `${prefix}:subscription:${workspaceId}`,
  preparing: (workspaceId) => `${prefix}:preparing:${workspaceId}`,
  accessKey: (workspaceId) => `${prefix}:access-key:${workspaceId}`,
  heldInstalls: (workspaceId) => `${prefix}:held-line:${workspaceId}`,
  doors: `${prefix}:doors`,
  held: (workspaceId) => `${prefix}:held:${workspaceId}`,
  budget: (kind, workspaceId) => `${prefix}:budget:${kind}:${workspaceId}`,
  metaBudget: (use) => `${prefix}:meta:budget:${use}`,
  metaPause: (account) => `${prefix}:meta:pause:${account}`,
  fair: (band) => `${prefix}:fair:${band}`,
  creates: (window, phoneNumber) => `${prefix}:creates:${window}:${phoneNumber.slice(-3)}`,
  idempotency: (keyHash) => `${prefix}:idempotency:${keyHash}`,
  server: `${prefix}:server`,
  sealingKeys: `${prefix}:sealing-keys`,
  stats: `${prefix}:stats`,
  workspaces: `${prefix}:workspaces`,
  workspacesFound: `${prefix}:workspaces:found`,
  lastEvents: `${prefix}:workspaces:events`,
  clocks: `${prefix}:clocks`,
  installs: `${prefix}:ids`,
  workspaceInstalls: (id) => `${prefix}:ids:workspace:${id}`,
  statuses: `${prefix}:statuses`,
  batchInstalls: (id) => `${prefix}:ids:batch:${id}`,
  errorInstalls: (code) => `${prefix}:ids:error:${code}`,
  lookup: (what, window, value) => `${prefix}:${what}:${window}:${value.slice(-3)}`,
  batch: (batchId) => `${prefix}:batch:${batchId}`,
  batches: `${prefix}:ids:batches`,
  openBatches: `${prefix}:batches:open`,
  unnotifiedBatches: `${prefix}:batches:untold`,
  batchSweep: `${prefix}:batches:sweep`,
  batchImport: (digest) => `${prefix}:import:${digest}`,
  notificationJob: (id) => `${prefix}:${notificationsQueueName}:${id}`,
  endedNotifications: (state) => `${prefix}:${notificationsQueueName}:${state}`,
  notifications: `${prefix}:ids:notifications`,
  pendingNotifications: `${prefix}:ids:notifications:pending`,
  stoppedUrls: `${prefix}:stopped-urls`,
  stoppedAt: `${prefix}:stopped-urls:at`,
  endedSessions: `${prefix}:sessions:ended`,
  outbox: `${prefix}:outbox`,
  connectLink: (id) => `${prefix}:connect:link:${id}`,
  connectLinks: `${prefix}:connect:links`,
  connectLinksOf: (id) => `${prefix}:connect:links:${id}`,
  connectOutbox: `${prefix}:connect:outbox`,
});

/** Runs a function for all shards concurrently. @returns its results, that of the home shard first. */
export const eachShard = <T>(keys: Keys, run: (shard: Keys) => Promise<T>): Promise<T[]> =>
  Promise.all(keys.shards.map((shard) => run(shard)));

/** Sums up a count over all shards. */
export const sumOfShards = async (keys: Keys, count: (shard: Keys) => Promise<number>): Promise<number> =>
  (await eachShard(keys, count)).reduce((sum, each) => sum + each, 0);
