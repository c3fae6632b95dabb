/** How a chaos run is done. Everything it decides by chance follows from `seed`; its timing does not. */
export interface ChaosOptions {
  readonly installs: number;
  readonly seed: number;
  readonly workspaces: number;
  readonly workers: number;
  /** Mean time between two kills of a worker or the webhook. */
  readonly killEveryMs: number;
  /** Mean time between two kills of Redis. */
  readonly redisKillEveryMs: number;
  /** Mean time between two planned restarts of Redis, which lose nothing. */
  readonly redisRestartEveryMs: number;
  /** Mean time between two times that Redis is full for seconds. */
  readonly redisFillEveryMs: number;
  /** By how much the clock of one worker is wrong, ahead or behind as the seed says. */
  readonly skewMs: number;
  /** Share of the numbers somebody does something to: cancels, retries, uninstalls, sends again. None of a batch. */
  readonly peopleShare: number;
  /** `generous`: no rate limits; `real`: Perch's default budgets against Bird's documented limits. */
  readonly budgets: "generous" | "real";
  /** They come as two batches, imported by a process and uploaded to an API that are killed too. */
  readonly isBatch: boolean;
  /** About how many installs somebody waits for. */
  readonly waiters: number;
  /** Given up after this long; what has not ended then is lost. */
  readonly limitMs: number;
}

/** The options of `npm run chaos` for this many installs. */
export const chaosOptions = (
  installs: number,
  seed: number,
  change: Partial<ChaosOptions> = {},
): ChaosOptions => ({
  installs,
  seed,
  workspaces: 200,
  workers: 2,
  killEveryMs: 1000,
  redisKillEveryMs: 10_000,
  redisRestartEveryMs: 20_000,
  redisFillEveryMs: 20_000,
  skewMs: 20_000,
  peopleShare: 0.2,
  budgets: "generous",
  isBatch: false,
  waiters: 200,
  limitMs: Math.max(180_000, installs * 60),
  ...change,
});
