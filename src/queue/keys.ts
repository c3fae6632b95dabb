/** Name of the BullMQ queue whose jobs are the installs. */
export const installsQueueName = "installs";
/** Name of the BullMQ queue for Perch's own chores: sweeps and channel look-ups. */
export const choresQueueName = "chores";

/** Hash tag of all keys, so that a Redis Cluster keeps them in one slot. */
export const defaultPrefix = "{perch}";

/** The Redis keys of Perch beside BullMQ's. All share BullMQ's prefix and with it the hash tag. */
export interface Keys {
  readonly prefix: string;
  /** BullMQ's hash of one install. */
  job(installId: string): string;
  /** BullMQ's log list of one install: its timeline. */
  logs(installId: string): string;
  /** BullMQ's lock of one install: the token of the run that may act. */
  lock(installId: string): string;
  /** Hash: what is known of one connector. See `matching.ts`. */
  connector(connectorId: string): string;
  /** Sorted set: connectors whose event is stored and not yet consumed; score: arrival, ms. */
  readonly arrived: string;
  /** Sorted set: connectors whose event matches no install (yet); score: arrival, ms. */
  readonly unmatched: string;
  /** Stream: signed events without readable ids. */
  readonly unreadable: string;
  /** String: the install that currently stands for a number in a workspace. See `claims.ts`. */
  claim(workspaceId: string, phoneId: string): string;
  /** String: the hold of one workspace. See `holds.ts`. */
  hold(workspaceId: string): string;
  /** Set: installs that wait for a workspace's hold to end. */
  held(workspaceId: string): string;
  /** String: GCRA state of a workspace's POST or GET budget. */
  budget(kind: "post" | "get", workspaceId: string): string;
  /**
   * Hash: phone number to when it was created, Unix ms with spaces between. A hash for each window of time and
   * each ending of a number, because a key for each number would take six times the memory; old windows expire
   * as a whole.
   */
  creates(window: number, phoneNumber: string): string;
  /** String: what an idempotency key was first used for. */
  idempotency(keyHash: string): string;
  /** Hash: the Redis server last seen, and when it may have forgotten something. See `restart-watch.ts`. */
  readonly server: string;
  /** Sorted set, all scores 0: ids of all installs in order of creation. */
  readonly installs: string;
  /** Hash: name, state and row count of one batch. */
  batch(batchId: string): string;
  /** Hash: row number to what became of it. */
  batchRows(batchId: string): string;
}

/** @param prefix BullMQ's `prefix`, with the hash tag in braces. */
export const createKeys = (prefix: string = defaultPrefix): Keys => ({
  prefix,
  job: (id) => `${prefix}:${installsQueueName}:${id}`,
  logs: (id) => `${prefix}:${installsQueueName}:${id}:logs`,
  lock: (id) => `${prefix}:${installsQueueName}:${id}:lock`,
  connector: (id) => `${prefix}:conn:${id}`,
  arrived: `${prefix}:arrived`,
  unmatched: `${prefix}:unmatched`,
  unreadable: `${prefix}:unreadable`,
  claim: (workspaceId, phoneId) => `${prefix}:claim:${workspaceId}:${phoneId}`,
  hold: (workspaceId) => `${prefix}:hold:${workspaceId}`,
  held: (workspaceId) => `${prefix}:held:${workspaceId}`,
  budget: (kind, workspaceId) => `${prefix}:budget:${kind}:${workspaceId}`,
  creates: (window, phoneNumber) => `${prefix}:creates:${window}:${phoneNumber.slice(-3)}`,
  idempotency: (keyHash) => `${prefix}:idempotency:${keyHash}`,
  server: `${prefix}:server`,
  installs: `${prefix}:ids`,
  batch: (batchId) => `${prefix}:batch:${batchId}`,
  batchRows: (batchId) => `${prefix}:batch:${batchId}:rows`,
});
