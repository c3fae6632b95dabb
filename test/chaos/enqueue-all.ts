import { setTimeout as pause } from "node:timers/promises";
import type { Producer } from "../../src/producer/producer.ts";
import type { ChaosOptions } from "./chaos-options.ts";
import { chaosRequest } from "./chaos-request.ts";
import { seededStream } from "./seeded-stream.ts";

export interface Enqueuing {
  /** Accepted install ids by number, filled as they come. */
  readonly ids: ReadonlyMap<number, string>;
  /** Groups sent again because Redis was away, or for the sake of it. */
  readonly counts: () => { readonly brokenOff: number; readonly repeated: number };
  /** Numbers that got two ids: a repeat was not recognised. */
  readonly twice: readonly string[];
  run(): Promise<void>;
}

const groupSize = 100;
/** Share of accepted groups that a caller who never heard the answer sends once more. */
const repeatShare = 0.1;
const retryMs = 100;

/** Enqueues all installs group by group, never far ahead of what has ended, so that kills meet it all the way. */
export const createEnqueuing = (deps: {
  readonly producer: Producer;
  readonly options: ChaosOptions;
  /** Installs that have not ended. */
  readonly openCount: () => Promise<number>;
  readonly onAccepted: (n: number, installId: string) => void;
  /** A number that was sent again got another install. Whether it may. */
  readonly onOther: (n: number, installId: string) => boolean;
  /** Whether everything that is to happen to Redis has happened once; the last group waits for that, to meet it all. */
  readonly hasHappened: () => boolean;
  readonly signal: AbortSignal;
}): Enqueuing => {
  const { producer, options, signal } = deps;
  const random = seededStream(options.seed, "repeats");
  const aheadMax = Math.max(2 * groupSize, Math.min(1000, options.installs / 5));
  const ids = new Map<number, string>();
  const twice: string[] = [];
  const counts = { brokenOff: 0, repeated: 0 };

  const accept = (n: number, installId: string): void => {
    const known = ids.get(n);
    if (known === undefined) {
      ids.set(n, installId);
      deps.onAccepted(n, installId);
    } else if (known !== installId && !deps.onOther(n, installId))
      twice.push(`number ${n}: ${known} and ${installId}`);
  };

  const send = async (numbers: readonly number[]): Promise<void> => {
    const requests = numbers.map((n) => chaosRequest(n, options.workspaces));
    const accepted: string[] = [];
    for await (const row of producer.enqueueMany(requests)) {
      if ("errors" in row) throw new TypeError(`a good request was refused: ${JSON.stringify(row.errors)}`);
      accepted.push(row.install.id);
    }
    for (const [index, n] of numbers.entries()) accept(n, accepted[index] ?? "");
  };

  const sendUntilAccepted = async (numbers: readonly number[]): Promise<void> => {
    while (!signal.aborted) {
      try {
        return await send(numbers);
      } catch (error) {
        if (error instanceof TypeError) throw error;
        counts.brokenOff += 1;
        await pause(retryMs);
      }
    }
  };

  const untilRoom = async (): Promise<void> => {
    while (!signal.aborted && (await deps.openCount()) > aheadMax) await pause(50);
  };

  const untilHappened = async (): Promise<void> => {
    while (!signal.aborted && !deps.hasHappened()) await pause(50);
  };

  return {
    ids,
    counts: () => ({ ...counts }),
    twice,
    run: async () => {
      for (let first = 0; first < options.installs && !signal.aborted; first += groupSize) {
        await untilRoom();
        const length = Math.min(groupSize, options.installs - first);
        if (first + length === options.installs) await untilHappened();
        const numbers = Array.from({ length }, (_, index) => first + index);
        await sendUntilAccepted(numbers);
        if (random() >= repeatShare) continue;
        counts.repeated += 1;
        await sendUntilAccepted(numbers);
      }
    },
  };
};
