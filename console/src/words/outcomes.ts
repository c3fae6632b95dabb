import type { Batch } from "../api/resources.ts";
import type { StatusLook } from "../ui/status-mark.tsx";

/** What rows of a batch come to, in the order of the bar, each as a row's status and as a look. */
export const outcomes = [
  ["completed", { word: "Live", sign: "check", tone: "good", isFilled: true }],
  ["failed", { word: "Failed", sign: "cross", tone: "bad", isFilled: true }],
  ["rejected", { word: "To correct", sign: "cross", tone: "warning" }],
  ["cancelled", { word: "Cancelled", sign: "slash", tone: "neutral" }],
  ["awaiting", { word: "Waiting for Bird", sign: "clock", tone: "waiting" }],
  ["queued", { word: "Queued", sign: "dots", tone: "neutral" }],
] as const satisfies readonly (readonly [string, StatusLook])[];

/** Rows for which nothing more happens by itself. */
export const endedRows = ({ completed, failed, rejected, cancelled }: Batch): number =>
  completed + failed + rejected + cancelled;
