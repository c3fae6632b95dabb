import type { InstallStatus } from "../api/resources.ts";
import type { StatusLook } from "../ui/status-mark.tsx";

/** Each status as a screen shows it, in the order of an install's life. */
export const installLooks = {
  queued: { word: "Queued", sign: "dots", tone: "neutral" },
  submitting: { word: "Sending to Bird", sign: "up", tone: "busy" },
  retrying: { word: "Trying again", sign: "again", tone: "warning" },
  held: { word: "Held", sign: "pause", tone: "warning" },
  awaiting_channel: { word: "Waiting for Bird", sign: "clock", tone: "waiting" },
  completed: { word: "Live", sign: "check", tone: "good", isFilled: true },
  failed: { word: "Failed", sign: "cross", tone: "bad", isFilled: true },
  cancelled: { word: "Cancelled", sign: "slash", tone: "neutral" },
} as const satisfies Record<InstallStatus, StatusLook>;

export const installStatuses = [
  "queued",
  "submitting",
  "retrying",
  "held",
  "awaiting_channel",
  "completed",
  "failed",
  "cancelled",
] as const satisfies readonly InstallStatus[];

/** Whether nothing more happens to it by itself. */
export const isEnded = (status: InstallStatus): boolean =>
  status === "completed" || status === "failed" || status === "cancelled";
