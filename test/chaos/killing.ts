import { setTimeout as pause } from "node:timers/promises";
import type { ChaosOptions } from "./chaos-options.ts";
import type { Member } from "./member.ts";
import type { MortalRedis } from "./mortal-redis.ts";
import { seededStream } from "./seeded-stream.ts";

/** Longest outage of Redis beside its start. */
const awayMaxMs = 1500;

/**
 * Kills members and Redis until the signal says stop, then resolves; Redis runs again by then. Which one, when
 * and for how long follows from the seed.
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

  const killMember = (): void => {
    const first = Math.floor(choose() * members.length);
    // On a machine so slow that they have not come back, killing on would only mean that nobody ever works.
    if (members.filter((member) => !member.isReady()).length > 1) return;
    const inTurn = [...members.slice(first), ...members.slice(0, first)];
    inTurn.find((member) => member.isReady())?.kill();
  };

  await Promise.all([
    atTimes(options.killEveryMs, seededStream(options.seed, "member times"), signal, killMember),
    atTimes(options.redisKillEveryMs, seededStream(options.seed, "redis times"), signal, () =>
      redis.killAndRestart(away() * awayMaxMs),
    ),
  ]);
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
