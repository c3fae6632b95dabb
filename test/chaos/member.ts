import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { bundleOf } from "../support/bundle.ts";
import { type ChildConfig, type ChildRole, readySchema } from "./child-config.ts";
import type { MortalRedis } from "./mortal-redis.ts";

/** One process of a run that is started again whenever it ends, as a supervisor would. */
export interface Member {
  readonly role: ChildRole;
  /** Where it listens; "" when it does not. Resolves once it works, rejects when its first start fails. */
  readonly url: Promise<string>;
  isReady(): boolean;
  /** It has worked for as long as its start took: with less, a slow machine would only start processes. */
  mayDie(): boolean;
  /** SIGKILL. */
  kill(): void;
  counts(): MemberCounts;
  /** Ends it for good. */
  stop(): Promise<void>;
}

export interface MemberCounts {
  readonly kills: number;
  /** Starts that came to nothing, because Redis was away. */
  readonly failedStarts: number;
  /** How often it ended by itself although it had worked, or could have: always a fault. */
  readonly crashes: number;
}

const program = await bundleOf(join(import.meta.dirname, "chaos-process.ts"));
const restartGapMs = 100;
/** Less than any skew worth the name; more than a message takes on a busy machine. */
const clockMarginMs = 900;

/** Starts a member. Its log goes to the open file `logFd`. */
export const startMember = (deps: {
  readonly config: ChildConfig;
  readonly logFd: number;
  readonly redis: Pick<MortalRedis, "wasUpSince">;
  /** How far its clock is ahead, and what makes it so. */
  readonly clock?: { readonly skewMs: number; readonly env: Readonly<Record<string, string>> };
}): Member => {
  const { config, logFd, redis, clock = { skewMs: 0, env: {} } } = deps;
  const firstUrl = Promise.withResolvers<string>();
  const counts = { kills: 0, failedStarts: 0, crashes: 0 };
  let child: ChildProcess | undefined;
  let [isReady, isKilled, isStopping] = [false, false, false];
  let [startedMs, readySinceMs] = [0, 0];

  const start = (): ChildProcess => {
    const started = fork(program, [JSON.stringify(config)], {
      stdio: ["ignore", logFd, logFd, "ipc"],
      env: { ...process.env, ...clock.env },
    });
    started.once("message", (message) => {
      const { url, nowMs } = readySchema.parse(message);
      const aheadMs = nowMs - Date.now();
      if (Math.abs(aheadMs - clock.skewMs) > clockMarginMs)
        firstUrl.reject(new Error(`the ${config.role}'s clock is ${aheadMs} ms ahead, not ${clock.skewMs}`));
      isReady = true;
      readySinceMs = performance.now();
      firstUrl.resolve(url);
    });
    return started;
  };

  /** It ended by itself. */
  const countEnd = (startedMs: number): void => {
    const isFault = isReady || redis.wasUpSince(startedMs);
    counts[isFault ? "crashes" : "failedStarts"] += 1;
    if (isFault) firstUrl.reject(new Error(`the ${config.role} does not start`));
  };

  const keep = async (): Promise<void> => {
    while (!isStopping) {
      startedMs = performance.now();
      child = start();
      await once(child, "exit");
      if (!isStopping && !isKilled) countEnd(startedMs);
      const gapMs = isKilled ? 0 : restartGapMs;
      [isReady, isKilled] = [false, false];
      await pause(gapMs);
    }
  };

  const kept = keep();
  return {
    role: config.role,
    url: firstUrl.promise,
    isReady: () => isReady,
    mayDie: () => isReady && performance.now() - readySinceMs >= readySinceMs - startedMs,
    kill: () => {
      if (isKilled || child?.kill("SIGKILL") !== true) return;
      isKilled = true;
      counts.kills += 1;
    },
    counts: () => ({ ...counts }),
    stop: async () => {
      isStopping = true;
      child?.kill("SIGKILL");
      await kept;
    },
  };
};
