import type { Logger } from "../log.ts";

/** A log for lines that any client can cause at any rate. */
export interface BoundedLog {
  /**
   * Writes a line, or only counts it when this minute's limit is reached.
   *
   * @param kind Of a closed set: the first line of each kind is written in every minute.
   */
  write(kind: string, line: () => void): void;
  /** Writes the counts of suppressed lines. */
  close(): void;
}

const windowMs = 60_000;
/** Lines a minute, besides the first of each kind. */
const linesMax = 10;

/** Limits lines to about ten a minute, and logs at the end of the minute how many were suppressed. */
export const createBoundedLog = ({ log }: { readonly log: Logger }): BoundedLog => {
  const seen = new Set<string>();
  const unwritten = new Map<string, number>();
  let written = 0;
  let timer: NodeJS.Timeout | undefined;

  const endWindow = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (unwritten.size > 0) {
      const counts = Object.fromEntries(unwritten);
      log.warn({ counts }, "more was refused within a minute than is logged line by line");
    }
    seen.clear();
    unwritten.clear();
    written = 0;
  };

  return {
    write: (kind, line) => {
      timer ??= setTimeout(endWindow, windowMs).unref();
      const isFirst = !seen.has(kind);
      if (!isFirst && written >= linesMax) {
        unwritten.set(kind, (unwritten.get(kind) ?? 0) + 1);
        return;
      }
      seen.add(kind);
      written += 1;
      line();
    },
    close: endWindow,
  };
};
