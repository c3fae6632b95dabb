import { z } from "zod";
import type { ErrorCode } from "../../install/errors/error-catalogue.ts";
import { type BirdAnswerClass, statsFlushMs, statsHoursMax, timeBoundsMs } from "../../install/stats.ts";
import { writeRegularly } from "../../redis/bounded.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";

/** Fields of an hour's hash: each kind has a closed set of them, so that an hour has some sixty at most. */
export const fieldOf = {
  ended: (outcome: string) => `o:${outcome}`,
  failed: (code: string) => `f:${code}`,
  bird: (answer: BirdAnswerClass) => `b:${answer}`,
  /** The bucket up to this bound; `inf` for what is longer. */
  time: (upToMs: number | "inf") => `t:${upToMs}`,
};

const keptMs = statsHoursMax * 3_600_000;

const addCounts = defineScript({
  name: "perchCountHour",
  keys: ["stats"],
  args: ["keptMs"],
  moreArgs: "fieldsAndCounts",
  answer: z.null(),
  lua: `
local hour = stats .. ':' .. string.format('%d', math.floor(redis.call('TIME')[1] / 3600))
for at = 1, #fieldsAndCounts, 2 do redis.call('HINCRBY', hour, fieldsAndCounts[at], fieldsAndCounts[at + 1]) end
redis.call('PEXPIRE', hour, keptMs)`,
});

/** How an install ended, as far as it is counted. */
export type CountedEnd =
  | { readonly outcome: "completed"; readonly createToEventMs: number | undefined }
  | { readonly outcome: "failed"; readonly code: ErrorCode }
  | { readonly outcome: "cancelled" };

/** Counts of one process, by the hour. */
export interface HourlyCounts {
  countEnd(end: CountedEnd): void;
  /** @param status Bird's, or why there is none. */
  countBird(status: number | "unanswered" | "not_sent" | "withheld"): void;
  /** Writes what is left. Nothing is written from then on. */
  close(): Promise<void>;
}

/**
 * Counts in memory and adds that to the present hour in Redis every few seconds, in one call however much it is, so an
 * install costs no command more. A process that is killed loses what it counted since, at most `statsFlushMs`; a write
 * that fails is not repeated, because Redis may have carried it out. Redis's clock says which hour it is.
 */
export const createHourlyCounts = (
  deps: { readonly client: RedisClient; readonly keys: Keys },
  { everyMs = statsFlushMs }: { readonly everyMs?: number } = {},
): HourlyCounts => {
  const { client } = deps;
  const { stats } = deps.keys.home();
  let counts = new Map<string, number>();

  const write = async (): Promise<void> => {
    const fieldsAndCounts = [...counts].flat();
    if (fieldsAndCounts.length === 0) return;
    counts = new Map();
    await addCounts(client, { stats, keptMs, fieldsAndCounts }).catch(() => undefined);
  };
  const { close } = writeRegularly(write, everyMs);
  const add = (field: string): void => {
    counts.set(field, (counts.get(field) ?? 0) + 1);
  };

  return {
    countEnd: (end) => {
      add(fieldOf.ended(end.outcome));
      if (end.outcome === "failed") add(fieldOf.failed(end.code));
      if (end.outcome === "completed" && end.createToEventMs !== undefined)
        add(fieldOf.time(boundOf(end.createToEventMs)));
    },
    countBird: (status) => add(fieldOf.bird(classOf(status))),
    close,
  };
};

const boundOf = (elapsedMs: number): number | "inf" =>
  timeBoundsMs.find((upToMs) => elapsedMs <= upToMs) ?? "inf";

const classOf = (status: Parameters<HourlyCounts["countBird"]>[0]): BirdAnswerClass => {
  if (typeof status === "string") return status;
  if (status === 429) return "429";
  if (status >= 500) return "5xx";
  if (status >= 400) return "4xx";
  return status >= 300 ? "3xx" : "2xx";
};
