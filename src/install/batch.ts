/** Where a batch is. `finished` and `cancelled` are ends; a retry of its rows opens it again. */
export const batchStatuses = ["importing", "running", "paused", "finished", "cancelled"] as const;

/** What people decide about a batch. A `retry` starts failed rows of it again. */
export const batchDecisions = ["pause", "resume", "cancel", "retry"] as const;

export type BatchStatus = (typeof batchStatuses)[number];

/**
 * Many installs that came together, as callers see them. Every row is one of accepted, attached and rejected; every
 * accepted or attached row is one of queued, awaiting, completed, failed and cancelled.
 */
export interface Batch {
  readonly id: string;
  readonly name: string;
  /** Who sent it, as the installs of it say too. */
  readonly requestedBy?: string | undefined;
  readonly status: BatchStatus;
  /** Rows read so far. */
  readonly rows: number;
  /** Became a new install. */
  readonly accepted: number;
  /** Joined an install that the number had already. */
  readonly attached: number;
  readonly rejected: number;
  /** Waits for its connector. */
  readonly queued: number;
  /** Has its connector and waits for its channel. */
  readonly awaiting: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** ISO 8601, UTC; so are the other times. */
  readonly createdAt: string;
  readonly finishedAt?: string | undefined;
  /** How long the rest takes at the pace of the last minute, ms. */
  readonly etaMs?: number | undefined;
  /** Installs that ended in the last minute, a second. */
  readonly ratePerSecond?: number | undefined;
  /** Why it is paused. */
  readonly pauseReason?: string | undefined;
  /** So many installs go first, until they have ended; absent once they have. */
  readonly canary?: number | undefined;
  /** It pauses by itself when more than this share of its ended installs has failed, percent. */
  readonly haltAt?: number | undefined;
  /** Its input ended before it was read to its end: the rows after `rows` are not in it. */
  readonly isCutOff?: boolean | undefined;
  /** What was decided about it last, and by whom. */
  readonly lastDecision?: BatchDecision | undefined;
}

export interface BatchDecision {
  readonly decision: (typeof batchDecisions)[number];
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly requestedBy?: string | undefined;
}
