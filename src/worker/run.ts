import type { Job } from "bullmq";
import type { Completion } from "../install/install.ts";
import type { Failure } from "../install/install-error.ts";
import type { Hold } from "../queue/gate/holds.ts";
import type { InstallData } from "../queue/installs/data.ts";

export type InstallJob = Job<InstallData, Completion>;

/** One activation of an install's job by a worker. */
export interface Run {
  readonly installId: string;
  /** BullMQ's lock token of this run. */
  readonly token: string;
  readonly data: InstallData;
  /** Why it waited for its workspace until this run. */
  readonly heldFor?: InstallData["held"];
  /** BullMQ's `attemptsStarted`: how many runs there were, this one included. */
  readonly number: number;
  /** How often the install was found without a worker. */
  readonly stalls: number;
  /** When it was queued or a little earlier, Unix ms by Redis's clock. */
  readonly queuedAtMs: number;
  /** Most calls to create: `INSTALL_MAX_ATTEMPTS`. */
  readonly maxAttempts: number;
  /** Aborted when the lock is lost or the worker stops. */
  readonly signal: AbortSignal | undefined;
}

/** What a run ends in. `data` is what the install's job holds afterwards. */
export type Step =
  | {
      readonly kind: "complete";
      readonly completion: Completion;
      /** When the connector was bound, Unix ms. */
      readonly boundAtMs: number;
      /** When Perch took the event; undefined when a look at Bird found the channel. */
      readonly eventAtMs?: number | undefined;
      /** Calls to create so far, for the log. */
      readonly attempt?: number | undefined;
    }
  /**
   * Give the slot back and come again at `untilMs`, at no cost in attempts. `connectorId`: whose event may
   * have come meanwhile.
   */
  | {
      readonly kind: "park";
      readonly untilMs: number;
      readonly connectorId?: string;
      readonly data?: InstallData;
      /** For the log, and with `data` for the timeline: plain words. */
      readonly what?: string;
      /** Calls to create so far, for the log, where `data` does not say. */
      readonly attempt?: number | undefined;
    }
  | { readonly kind: "fail"; readonly failure: Failure; readonly data: InstallData }
  /** The install belongs to another run or is gone: change nothing. */
  | { readonly kind: "leave"; readonly why: string };

/** How long an install that came too early, by a clock that is ahead, waits at least until it comes again, ms. */
export const earlyMs = 1000;

/** Somebody cancelled the install. */
export const cancelled = ({ data: { held: _, nextActionAtMs: __, ...data } }: Run): Step => ({
  kind: "fail",
  failure: { code: "cancelled" },
  data,
});

const reasons: Record<Hold["reason"], string> = {
  rate_limited: "held: Bird asked to slow down",
  unauthorized: "held: Bird refuses the access key",
};

/** The install waits for its workspace's hold to end, at no cost in attempts. Nothing was sent. */
export const parkHeld = (run: Run, { reason, untilMs }: Hold, what: string = reasons[reason]): Step => ({
  kind: "park",
  untilMs,
  data: { ...run.data, clean: run.number, held: reason, nextActionAtMs: untilMs },
  // Told once: a hold that lasts adds nothing to those that wait for it.
  ...(run.heldFor !== reason && { what }),
});
