import { MultiBar } from "cli-progress";
import { type Io, printable, printNote } from "./io.ts";

/** Progress of a long operation, on stderr. */
export interface Progress {
  /** @param share 0 to 1. */
  show(share: number, text: string): void;
  /** Prints a permanent line, on a terminal above the bar. */
  line(text: string): void;
  /** Removes the bar. */
  stop(): void;
}

/** A bar on a terminal; elsewhere plain lines, at most one a second and only when they change. Must be stopped. */
export const createProgress = (deps: {
  readonly io: Io;
  /** False when the share is unknown: then plain lines on a terminal too. */
  readonly hasBar: boolean;
  readonly now?: (() => number) | undefined;
}): Progress => {
  const { io, hasBar, now = () => performance.now() } = deps;
  return io.isTty && hasBar ? barProgress(io) : lineProgress(io, now);
};

const steps = 1000;

const barProgress = (io: Io): Progress => {
  const bars = new MultiBar({
    stream: io.stderr,
    format: "[{bar}] {percentage}% {text}",
    barsize: 30,
    clearOnComplete: true,
    hideCursor: true,
  });
  const bar = bars.create(steps, 0, { text: "" });
  return {
    show: (share, text) => bar.update(Math.floor(share * steps), { text: printable(text) }),
    line: (text) => bars.log(`${printable(text)}\n`),
    stop: () => {
      // Draws once more, because lines wait for the next drawing.
      bars.update();
      bars.stop();
    },
  };
};

const lineProgress = (io: Io, now: () => number): Progress => {
  let shownAtMs = now();
  let shownText = "";
  return {
    show: (_share, text) => {
      if (text === shownText || now() - shownAtMs < 1000) return;
      shownAtMs = now();
      shownText = text;
      printNote(io, text);
    },
    line: (text) => printNote(io, text),
    stop: () => undefined,
  };
};
