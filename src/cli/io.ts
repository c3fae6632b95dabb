import type { Readable, Writable } from "node:stream";

/** Where a command reads and writes: data goes to stdout, progress and errors to stderr. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether stderr is a terminal. */
  readonly isTty: boolean;
  readonly isStdinTty: boolean;
}
