import { access, glob } from "node:fs/promises";

/** How one worker's clock is made wrong. */
export interface FakeClock {
  /** Said in the run's account. */
  readonly by: string;
  /** Environment that makes it so; {} where the process replaces its own `Date.now`. */
  readonly env: Readonly<Record<string, string>>;
}

/** Debian's package libfaketime, on whatever architecture; node has threads. */
const libraryFiles = "/usr/lib/*/faketime/libfaketimeMT.so.1";

/**
 * libfaketime where it is installed (or `LIBFAKETIME` names it), else the process's own doing. Only the time of day is
 * wrong: timers are of the monotonic clock, and files keep their times.
 */
export const findFakeClock = async (skewMs: number): Promise<FakeClock> => {
  const [library] = await Array.fromAsync(glob(process.env.LIBFAKETIME ?? libraryFiles));
  if (library === undefined || skewMs === 0) return { by: "its own Date.now", env: {} };
  await access(library);
  const seconds = skewMs / 1000;
  return {
    by: library,
    env: {
      LD_PRELOAD: library,
      FAKETIME: `${seconds < 0 ? "" : "+"}${seconds}`,
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    },
  };
};
