import type { FailedRow } from "../producer/recent-failures.ts";

/** A failed row as a line. */
export const failureLine = ({ row, errorCode, errorMessage }: FailedRow): string =>
  `row ${row}: ${errorCode === undefined ? "" : `${errorCode}: `}${errorMessage}`;
