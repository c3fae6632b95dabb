import type { BatchStatus } from "../api/resources.ts";
import type { StatusLook } from "../ui/status-mark.tsx";

/** Each status of a batch as a screen shows it. */
export const batchLooks = {
  importing: { word: "Reading its file", sign: "up", tone: "busy" },
  running: { word: "Running", sign: "again", tone: "busy" },
  paused: { word: "Paused", sign: "pause", tone: "warning" },
  finished: { word: "Finished", sign: "check", tone: "good", isFilled: true },
  cancelled: { word: "Cancelled", sign: "slash", tone: "neutral" },
} as const satisfies Record<BatchStatus, StatusLook>;

export const batchStatuses = [
  "importing",
  "running",
  "paused",
  "finished",
  "cancelled",
] as const satisfies readonly BatchStatus[];
