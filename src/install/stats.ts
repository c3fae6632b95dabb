import { z } from "zod";
import { errorCodes } from "./errors/install-error.ts";

/** Hours that are kept, and with them the most a reader can ask for: a week, and the day before it. */
export const statsHoursMax = 192;

/** How often a process writes what it counted to Redis, ms. */
export const statsFlushMs = 5000;

/** How Bird's answers are counted: by class, 429 apart; the last three are requests without an answer. */
export const birdAnswers = [
  ...(["2xx", "3xx", "4xx", "429", "5xx"] as const),
  ...(["unanswered", "not_sent", "withheld"] as const),
] as const;

export type BirdAnswerClass = (typeof birdAnswers)[number];

/** Upper bounds of the times that are counted, ms; longer ones are counted without a bound. */
export const timeBoundsMs = [
  ...[10, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000],
  ...[60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000],
] as const;

const count = (description: string) => z.int().min(0).meta({ description });
const time = (description: string) => z.string().meta({ description: `${description} ISO 8601, UTC.` });

const processSchema = z
  .object({
    role: z.string().meta({ description: "start, api, worker or webhook; start is all of them in one." }),
    host: z.string(),
    processId: z.int(),
    shards: z.int().meta({ description: "Its SHARDS." }),
    seenAt: time("When it last reported, which it does every ten seconds."),
  })
  .meta({ id: "Process" });

const redisServerSchema = z
  .object({
    server: z.string().meta({ description: "Host and port." }),
    usedBytes: count("Memory in use."),
    limitBytes: z
      .int()
      .optional()
      .meta({ description: "Its maxmemory; absent without one, where the machine is the limit." }),
  })
  .meta({ id: "RedisServer" });

const nowSchema = z
  .object({
    inFlight: count("Installs that have not ended."),
    installs: z
      .object({
        queued: count("Also those whose batch is paused or waits for its canary."),
        submitting: count("Their create is being sent."),
        awaiting_channel: count("They have their connector."),
        retrying: count("Between attempts."),
        held: count("Their workspace is held."),
        completed: count("Of those that are kept, for RETENTION_MS after their end."),
        failed: count("As completed."),
        cancelled: count("As completed."),
      })
      .meta({ description: "Installs by status." }),
    paused: count("Of the queued ones, those whose batch is paused or waits for its canary."),
    oldestMs: z
      .object({
        waiting: count("Of the installs ready to run, how long the next one has waited."),
        overdue: count("Of the parked installs, for how long the first one has been due."),
        event: count("Age of the oldest event its install has not processed."),
        unmatched: count("Age of the oldest event that matches no install."),
        notification: count("Age of the oldest notification neither delivered nor given up."),
        outcome: count("Age of the oldest outcome whose notification is not queued yet."),
      })
      .meta({ description: "In ms; 0 where there is none." }),
    heldWorkspaces: z
      .object({
        rate_limited: count("Bird asked to slow down."),
        unauthorized: count("Bird refuses the access key."),
      })
      .meta({ description: "Workspaces that are held, by reason." }),
    events: z
      .object({
        unmatched: count("Events of Bird that match no install."),
        notConsumed: count("Events their install has not processed yet."),
        unreadable: count("Signed events that Perch cannot use."),
      })
      .meta({ description: "Stored events." }),
    notifications: z.object({
      pending: count("Neither delivered nor given up."),
      delivered: count("Of those that are kept."),
      dead: count("Given up; of those that are kept."),
    }),
    batches: z
      .object({
        running: count("Open and not paused."),
        paused: count("By a caller."),
        halted: count("By their own limit."),
      })
      .meta({ description: "Batches that have not finished." }),
    pace: z
      .object({
        endedLastMinute: count("Installs that ended in the last 60 seconds."),
        ready: count("Installs ready to run that wait for a worker."),
        finishMs: z.int().optional().meta({
          description: "When those would have ended at this pace; absent while fewer than 30 end a minute.",
        }),
      })
      .meta({ description: "How fast the queue moves." }),
    processes: z.array(processSchema).readonly().meta({
      description: "Processes of `perch start`, `api`, `worker` and `webhook` that reported within a minute.",
    }),
    redis: z.array(redisServerSchema).readonly().meta({
      description: "Servers that hold data. Empty where the user of REDIS_URL may not ask (INFO).",
    }),
  })
  .meta({ id: "StatsNow", description: "The fleet as Redis has it at this moment." });

const hourSchema = z
  .object({
    from: time("When the hour begins, by Redis's clock."),
    isOver: z.boolean().meta({ description: "False for the hour that is under way." }),
    created: count("Installs created, of those that are still listed."),
    kept: z
      .object({ completed: count("Completed."), failed: count("Failed, cancelled ones among them.") })
      .meta({
        description:
          "Exact: installs that are kept now and whose latest end was in this hour. A retry takes an install out, RETENTION_MS ends it.",
      }),
    ended: z
      .object({
        completed: count("Ends as completed."),
        failed: count("Ends as failed."),
        cancelled: count("Ends as cancelled."),
      })
      .meta({ description: "Counted when they happened: an install that is retried or healed ends again." }),
    failuresByCode: z
      .array(
        z
          .object({ code: z.enum(errorCodes), count: count("Ends with this code.") })
          .meta({ id: "CodeCount" }),
      )
      .readonly()
      .meta({ description: "The failed ones of `ended`, most frequent first." }),
    createToEvent: z
      .object({
        count: count("Installs completed by an event."),
        p50Ms: z.int().optional().meta({ description: "Median, interpolated within its bucket." }),
        p95Ms: z.int().optional().meta({ description: "95th percentile, likewise." }),
        buckets: z
          .array(
            z
              .object({
                upToMs: z
                  .int()
                  .optional()
                  .meta({ description: "Upper bound; absent: longer than all others." }),
                count: count("Those of this bucket alone."),
              })
              .meta({ id: "TimeBucket" }),
          )
          .readonly(),
      })
      .meta({ description: "From the connector's create to its event, of the completed ones." }),
    birdAnswers: z
      .object({
        "2xx": count(""),
        "3xx": count(""),
        "4xx": count("Without 429."),
        "429": count("Bird asked to slow down."),
        "5xx": count(""),
        unanswered: count("Sent, and no answer came in time."),
        not_sent: count("No connection."),
        withheld: count("Not sent, because its run had lost the install."),
      })
      .meta({ description: "Requests of workers and API to Bird, by class of its answer." }),
  })
  .meta({ id: "StatsHour" });

export const statsSchema = z
  .object({
    at: time("When it was read, by Redis's clock."),
    now: nowSchema,
    hours: z.array(hourSchema).readonly().meta({ description: "Oldest first; the last is under way." }),
    countedEveryMs: z.int().meta({
      description:
        "How often a process writes what it counted (`ended`, `failuresByCode`, `createToEvent`, `birdAnswers`). One that is killed, or a write that Redis refuses, loses what it counted since.",
    }),
  })
  .meta({ id: "Stats" });

export type Stats = Readonly<z.input<typeof statsSchema>>;
export type StatsHour = Readonly<z.input<typeof hourSchema>>;
