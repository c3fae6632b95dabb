import type { Batch } from "../../install/batch.ts";
import type { FailedRow } from "../../producer/results/recent-failures.ts";
import { timeLeft } from "../terminal/time-left.ts";

/** How many installs of a batch there are, and how many of them have ended. */
export const endedOf = ({ accepted, attached, completed, failed, cancelled }: Batch) => ({
  all: accepted + attached,
  ended: completed + failed + cancelled,
});

/** How the installs of a batch stand, in words. */
export const countsText = ({ completed, failed, cancelled, queued, awaiting }: Batch): string => {
  const counts = [`${completed} completed`, `${failed} failed`, `${queued} queued`, `${awaiting} awaiting`];
  return [...counts, ...(cancelled === 0 ? [] : [`${cancelled} cancelled`])].join(", ");
};

/** How fast a batch is, and how long the rest of it takes; empty when nobody can tell. */
export const paceText = ({ status, ratePerSecond = 0, etaMs }: Batch): string =>
  [
    ...(ratePerSecond > 0 ? [`${ratePerSecond}/s`] : []),
    // How much is left is not known before all rows are read.
    ...(etaMs === undefined || status !== "running" ? [] : [timeLeft(etaMs)]),
  ].join(", ");

/** A failed row as a line. */
export const failureLine = ({ row, errorCode, errorMessage }: FailedRow): string =>
  `row ${row}: ${errorCode === undefined ? "" : `${errorCode}: `}${errorMessage}`;
