import { setTimeout as pause } from "node:timers/promises";

/** A run that did not end: where it is, and what is known. */
export class ChaosHangsError extends Error {
  override readonly name = "ChaosHangsError";
  constructor(stage: string, overview: readonly string[], evidence: string) {
    super([`The run does not end: it hangs at "${stage}".`, ...overview, evidence].join("\n"));
  }
}

const askMs = 5000;

/** The answer, or words instead where none comes soon: what hangs may be what is asked. */
export const soonOr = async <T>(asked: Promise<T>, instead: T): Promise<T> => {
  const wait = new AbortController();
  try {
    return await Promise.race([
      asked.catch(() => instead),
      pause(askMs, instead, { signal: wait.signal }).catch(() => instead),
    ]);
  } finally {
    wait.abort();
  }
};

/** The run's result. @throws {ChaosHangsError} it has none after `limitMs`. */
export const withinLimit = async <T>(
  running: Promise<T>,
  { limitMs, onHang }: { readonly limitMs: number; readonly onHang: () => Promise<Error> },
): Promise<T> => {
  const ended = new AbortController();
  const hang = async (): Promise<never> => {
    await pause(limitMs, undefined, { signal: ended.signal });
    throw await onHang();
  };
  try {
    return await Promise.race([running, hang()]);
  } finally {
    ended.abort();
  }
};
