import type { Receiver } from "../bird/receiver.ts";

/** A worker's settings. Times in ms; the environment's names are in `config.ts`. */
export interface WorkerSettings {
  readonly birdApiUrl: string;
  readonly birdAccessKey: string;
  readonly connectorTemplate: string;
  readonly requestTimeoutMs: number;
  /** Budgets of one workspace, fleet-wide. */
  readonly postsPerSecond: number;
  readonly getsPerSecond: number;
  readonly concurrency: number;
  /** Attempts at Bird before an install fails. */
  readonly maxAttempts: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  readonly holdBaseMs: number;
  readonly holdCapMs: number;
  readonly lookDelaysMs: readonly number[];
  readonly firstPollMs: number;
  readonly deadlineMs: number;
  readonly readyStatuses: readonly string[];
  readonly numberMaxCreates: number;
  readonly numberWindowMs: number;
  readonly retentionMs: number;
  /** `NOTIFY_URL`: notified of every install's outcome. */
  readonly notifyUrl?: string | undefined;
  /** Needed to subscribe a channel's webhooks, and a workspace to `channel.created`. */
  readonly birdOrganizationId?: string | undefined;
  /** What a finding of the check at Meta does; without such a check it is of no effect. Default: `warn`. */
  readonly metaPreflight?: "warn" | "require" | undefined;
  /** Where Bird's events come in: with the organization known, every workspace is made to send them there. */
  readonly receiver?: Receiver | undefined;
}
