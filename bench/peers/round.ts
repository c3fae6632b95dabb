import { watchForeignLoad } from "../foreign-load.ts";
import { print } from "../processes.ts";
import { type BirdTimes, type Micros, type Stack, startStack } from "./stack.ts";
import type { System } from "./systems.ts";

/** How fast a system went in one round, and what an install took of each process. */
export interface Round {
  readonly system: string;
  readonly round: number;
  readonly startedInSeconds: number;
  /** The first installs of the stack, from the first enqueued to the last completed. */
  readonly coldSeconds: number;
  readonly perSecond: number;
  /** Processor time an install, without Bird's. */
  readonly microsEach: Omit<Micros, "bird">;
  readonly totalMicros: number;
  /** Processors that other programs kept busy; undefined where the system does not say. */
  readonly foreignProcessors: number | undefined;
  readonly isQuiet: boolean;
}

export const coldInstalls = 1000;
/** Further installs before the measured ones. */
const warmUpInstalls = 1000;
/** A system that lost an install never ends. */
const timeoutMs = (count: number): number => 60_000 + 20 * count;

/** Enqueues the installs and waits until they are completed, in seconds. */
const complete = async (stack: Stack, name: string, first: number, count: number): Promise<number> => {
  const startMs = performance.now();
  await stack.enqueue(first, count);
  const completed = await stack.untilCompleted(first + count, timeoutMs(count));
  if (completed < first + count) {
    throw new Error(`${name} completed ${completed} of ${first + count} installs and then no more`);
  }
  return (performance.now() - startMs) / 1000;
};

const ownMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

export const measureRound = async (
  system: System,
  { round, installs, bird }: { round: number; installs: number; bird: BirdTimes },
): Promise<Round> => {
  await using stack = await startStack(system, bird);
  const { name } = system;
  const coldSeconds = await complete(stack, name, 0, coldInstalls);
  await complete(stack, name, coldInstalls, warmUpInstalls);
  const load = await watchForeignLoad();
  const [before, ownBefore] = [await stack.micros(), ownMicros()];
  const seconds = await complete(stack, name, coldInstalls + warmUpInstalls, installs);
  const after = await stack.micros();
  const taken = (part: keyof Micros): number => after[part] - before[part];
  const parts = {
    worker: taken("worker"),
    webhook: taken("webhook"),
    driver: taken("driver"),
    store: taken("store"),
  };
  const total = parts.worker + parts.webhook + parts.driver + parts.store;
  const foreign = await load.end(total + taken("bird") + ownMicros() - ownBefore);
  const measured: Round = {
    system: name,
    round,
    startedInSeconds: stack.startedInSeconds,
    coldSeconds,
    perSecond: installs / seconds,
    microsEach: {
      worker: parts.worker / installs,
      webhook: parts.webhook / installs,
      driver: parts.driver / installs,
      store: parts.store / installs,
    },
    totalMicros: total / installs,
    foreignProcessors: foreign?.processors,
    isQuiet: foreign?.isQuiet ?? false,
  };
  print(
    `round ${round}: ${name.padEnd(15)} ${measured.perSecond.toFixed(0)}/s, ${measured.totalMicros.toFixed(0)} µs an install, first ${coldInstalls} in ${coldSeconds.toFixed(1)} s, other programs ${foreign?.processors.toFixed(2) ?? "?"} processors${measured.isQuiet ? "" : " NOT QUIET"}`,
  );
  return measured;
};
