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
  /** Share of the numbers somebody does something to: cancels, retries, uninstalls, sends again. */
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

/** When the killing ends, so that a slow machine has the rest of the time to get done. */
export const killingMaxMs = ({ limitMs }: Pick<ChaosOptions, "limitMs">): number => 0.6 * limitMs;

/** How long events may take to arrive and be consumed once nothing is killed any more. */
export const settleMaxMs = 90_000;

/** When a run has ended at the latest, with a table or saying what it hangs at: it starts, settles and is read too. */
export const endsWithinMs = ({ limitMs, installs }: Pick<ChaosOptions, "limitMs" | "installs">): number =>
  limitMs + settleMaxMs + 90_000 + installs * 10;

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
  limitMs: Math.max(180_000, installs * 150),
  ...change,
});
