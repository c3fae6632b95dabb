import { type Cancel, createCancel } from "./cancel.ts";
import { createRetry, type Retry } from "./retry.ts";

/** What people and services do to an install that exists. */
export interface InstallActions {
  readonly retry: Retry;
  readonly cancel: Cancel;
}

export const createInstallActions = (
  deps: Omit<Parameters<typeof createRetry>[0] & Parameters<typeof createCancel>[0], "now"> & {
    readonly now?: () => number;
  },
): InstallActions => {
  const withClock = { ...deps, now: deps.now ?? Date.now };
  return { retry: createRetry(withClock), cancel: createCancel(withClock) };
};
