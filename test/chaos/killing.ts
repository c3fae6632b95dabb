import { setTimeout as pause } from "node:timers/promises";
import { type ChaosOptions, killingMaxMs } from "./chaos-options.ts";
import type { Member } from "./member.ts";
import type { MortalRedis } from "./mortal-redis.ts";
import { seededStream } from "./seeded-stream.ts";

/** Longest outage of Redis beside its start. */
const awayMaxMs = 1500;
/** For how long Redis is full. */
const [fullMinMs, fullMaxMs] = [1000, 3000];
/**
 * What Redis is granted after each act: a killed worker's installs are taken up again after its lock and two looks for
 * stalled ones, 5 s, so with less a slow machine would do nothing but recover.
 */
const restMs = 6000;

/**
 * Kills members and Redis, restarts Redis and fills it until the signal says stop, then resolves; Redis runs again
 * by then and has room. Which one, when and for how long follows from the seed.
 */
export const startKilling = async (deps: {
  readonly options: ChaosOptions;
  readonly members: readonly Member[];
  readonly redis: MortalRedis;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const { options, members, redis, signal } = deps;
  const choose = seededStream(options.seed, "members");
  const away = seededStream(options.seed, "away");
  const full = seededStream(options.seed, "full");
  const redisActs = createTurns(signal);

  const killMember = (): void => {
    const first = Math.floor(choose() * members.length);
    // On a machine so slow that they have not come back, killing on would only mean that nobody ever works.
    if (members.filter((member) => !member.isReady()).length > 1) return;
    const inTurn = [...members.slice(first), ...members.slice(0, first)];
    inTurn.find((member) => member.mayDie())?.kill();
  };

  await Promise.all([
    atTimes(options.killEveryMs, seededStream(options.seed, "member times"), signal, killMember),
    atTimes(options.redisKillEveryMs, seededStream(options.seed, "redis times"), signal, () =>
      redisActs(() => redis.killAndRestart(away() * awayMaxMs)),
    ),
    atTimes(options.redisRestartEveryMs, seededStream(options.seed, "restart times"), signal, () =>
      redisActs(() => redis.restart(away() * awayMaxMs)),
    ),
    atTimes(options.redisFillEveryMs, seededStream(options.seed, "fill times"), signal, () =>
      redisActs(() => redis.fill(fullMinMs + full() * (fullMaxMs - fullMinMs))),
    ),
  ]);
};

/** Whether each thing that the options have done to Redis was done once. */
export const hasHappened = (options: ChaosOptions, counts: ReturnType<MortalRedis["counts"]>): boolean => {
  const kinds = [
    { everyMs: options.redisKillEveryMs, count: counts.kills },
    { everyMs: options.redisRestartEveryMs, count: counts.restarts },
    { everyMs: options.redisFillEveryMs, count: counts.fills },
  ];
  return kinds.every(({ everyMs, count }) => count > 0 || 2 * everyMs > killingMaxMs(options));
};

/** Does one thing after the other, with a rest after each, until the signal; resolves when it is done, rest and all. */
const createTurns = (signal: AbortSignal): ((act: () => Promise<void>) => Promise<void>) => {
  let last = Promise.resolve();
  const turn = async (act: () => Promise<void>): Promise<void> => {
    if (signal.aborted) return;
    await act();
    await pause(restMs, undefined, { signal }).catch(() => undefined);
  };
  return (act) => {
    last = last.then(() => turn(act));
    return last;
  };
};

/** Does something over and over, on average every `everyMs`. */
const atTimes = async (
  everyMs: number,
  random: () => number,
  signal: AbortSignal,
  act: () => void | Promise<void>,
): Promise<void> => {
  for (;;) {
    await pause(everyMs * (0.5 + random()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await act();
  }
};
