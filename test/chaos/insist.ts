import { setTimeout as pause } from "node:timers/promises";
import { BirdRefusedError } from "../../src/actions/bird-refused-error.ts";
import {
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InstallStateError,
} from "../../src/install/errors/errors.ts";
import { InputError } from "../../src/install/errors/input-error.ts";

/** What came of something somebody asked for until there was an answer. */
export type Answer<T> =
  | { readonly kind: "done"; readonly value: T }
  /** Perch says why not: another was faster, or an earlier try that nobody heard the end of did it. */
  | { readonly kind: "refused"; readonly why: string }
  /** Nobody may be told that: a fault. */
  | { readonly kind: "wrong"; readonly why: string }
  | { readonly kind: "given_up" };

const retryMs = 200;

/** Asks over and over while Redis or Bird is away, as a person who was told to try again. */
export const insist = async <T>(
  ask: () => Promise<T>,
  { signal, onBrokenOff }: { readonly signal: AbortSignal; readonly onBrokenOff: () => void },
): Promise<Answer<T>> => {
  while (!signal.aborted) {
    try {
      return { kind: "done", value: await ask() };
    } catch (error) {
      if (isRefusal(error)) return { kind: "refused", why: error.message };
      if (isWrong(error)) return { kind: "wrong", why: `${error.name}: ${error.message}` };
      onBrokenOff();
    }
    await pause(retryMs);
  }
  return { kind: "given_up" };
};

const isRefusal = (error: unknown): error is Error =>
  error instanceof InstallStateError || error instanceof ConnectorOfAnotherInstallError;

const isWrong = (error: unknown): error is Error =>
  error instanceof InstallNotFoundError ||
  error instanceof InputError ||
  error instanceof TypeError ||
  (error instanceof BirdRefusedError && !error.isUnavailable);
