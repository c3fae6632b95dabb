import type { Job } from "bullmq";
import type { Failure } from "../install/errors/install-error.ts";
import type { Completion } from "../install/install.ts";
import type { Hold } from "../queue/gate/holds.ts";
import type { InstallData } from "../queue/installs/data.ts";

export type InstallJob = Job<InstallData, Completion>;

/** One processing of an install's job by a worker. */
export interface Run {
  readonly installId: string;
  /** BullMQ's lock token of this run. */
  readonly token: string;
  readonly data: InstallData;
  /** The hold it waited for before this run. */
  readonly heldFor?: InstallData["held"];
  /** BullMQ's `attemptsStarted`: 1 for the first run. */
  readonly runNumber: number;
  /** BullMQ's `stalledCounter`: how often a run lost its worker. */
  readonly stalls: number;
  /** A time at or shortly before its queueing, Unix ms by Redis's clock. */
  readonly queuedAtMs: number;
  /** Most calls to create: `INSTALL_MAX_ATTEMPTS`. */
  readonly maxAttempts: number;
  /** Aborted when the lock is lost or the worker stops. */
  readonly signal: AbortSignal | undefined;
}

/** The result of a run. `data` replaces the data of the install's job. */
export type Step =
  | {
      readonly kind: "complete";
      readonly completion: Completion;
      /** When the connector was bound, Unix ms. */
      readonly boundAtMs: number;
      /** When Perch received the event, Unix ms; undefined when a poll found the channel. */
      readonly eventAtMs?: number | undefined;
      /** Number of create calls, for the log. */
      readonly attempt?: number | undefined;
    }
  /**
   * Free the worker's slot and run again at `untilMs`, without using up an attempt. `connectorId`: check for its event
   * after parking.
   */
  | {
      readonly kind: "park";
      readonly untilMs: number;
      readonly connectorId?: string;
      readonly data?: InstallData;
      /** Reason, for the log and, with `data`, the timeline. */
      readonly what?: string;
      /** Number of create calls, for the log, when `data` is absent. */
      readonly attempt?: number | undefined;
      /** The install was parked in the same instant as it was bound. */
      readonly isDone?: true;
    }
  | { readonly kind: "fail"; readonly failure: Failure; readonly data: InstallData }
  /** The install belongs to another run or does not exist: change nothing. */
  | { readonly kind: "leave"; readonly why: string };

/** Shortest pause of an install that a fast clock ran too early, ms. */
export const earlyMs = 1000;

/** Fails the install as cancelled. */
export const cancelled = ({ data: { held: _, nextActionAtMs: __, ...data } }: Run): Step => ({
  kind: "fail",
  failure: { code: "cancelled" },
  data,
});

const reasons: Record<Hold["reason"], string> = {
  rate_limited: "held: Bird asked to slow down",
  unauthorized: "held: Bird refuses the access key",
};

/** Parks the install until its workspace's hold ends, without using up an attempt. Nothing was sent. */
export const parkHeld = (run: Run, { reason, untilMs }: Hold, what: string = reasons[reason]): Step => ({
  kind: "park",
  untilMs,
  data: { ...run.data, clean: run.runNumber, held: reason, nextActionAtMs: untilMs },
  // Reported once per install and hold.
  ...(run.heldFor !== reason && { what }),
});
