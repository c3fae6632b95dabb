import type { Outcome } from "./checks.ts";
import type { Enqueuing } from "./enqueue-all.ts";
import type { Member } from "./member.ts";
import type { MortalRedis } from "./mortal-redis.ts";
import type { PeopleCounts } from "./people.ts";

/** A line of the run's account: what happened, beside what must hold. */
export type Fact = readonly [what: string, value: string];

/** Sums up what a run went through. */
export const chaosFacts = (run: {
  readonly outcome: Outcome;
  readonly members: readonly Member[];
  readonly redis: ReturnType<MortalRedis["counts"]>;
  readonly people: PeopleCounts;
  /** How far one worker's clock was ahead. */
  readonly skew: string;
  readonly enqueuing: Enqueuing;
  readonly waitsBrokenOff: number;
  /** From the first enqueue to the last end. */
  readonly durationMs: number;
}): readonly Fact[] => {
  const { outcome, members, enqueuing, redis, people, durationMs } = run;
  const installs = [...outcome.installs.values()];
  const kills = (role: string): number =>
    sum(members.filter((member) => member.role === role).map((member) => member.counts().kills));
  const tookMs = installs
    .flatMap(({ createdAt, completedAt }) =>
      completedAt === undefined ? [] : [Date.parse(completedAt) - Date.parse(createdAt)],
    )
    .sort((a, b) => a - b);
  const { brokenOff, repeated } = enqueuing.counts();
  const { sent, refused } = outcome.report.events;
  const by = (who: string): number => installs.filter(({ completedBy }) => completedBy === who).length;
  return [
    ["workers killed", String(kills("worker"))],
    ["webhook killed", String(kills("webhook"))],
    ["API, importer killed", `${kills("api")}, ${kills("importer")}`],
    ["Redis killed, restarted cleanly, full", `${redis.kills}, ${redis.restarts}, ${redis.fills}`],
    ["one worker's clock ahead, ms", run.skew],
    ["numbers with people", String(people.numbers)],
    ["people did", counted(people.acts)],
    ["people were refused, asked again", `${people.refused}, ${people.brokenOff}`],
    ["installs beyond one a number", String(people.more)],
    [
      "starts refused while Redis was away",
      String(sum(members.map((member) => member.counts().failedStarts))),
    ],
    ["groups sent again: Redis away, on purpose", `${brokenOff}, ${repeated}`],
    ["waits taken up again", String(run.waitsBrokenOff)],
    ["creates answered", counted(outcome.report.requests.create ?? {})],
    ["lists answered", counted(outcome.report.requests.listConnectors ?? {})],
    ["events sent, refused", `${sent}, ${refused}`],
    ["completed by webhook, by poll", `${by("webhook")}, ${by("poll")}`],
    ["duration, s", (durationMs / 1000).toFixed(1)],
    ["installs/s", (installs.length / (durationMs / 1000)).toFixed(0)],
    ["enqueue to completed p50, p99, ms", `${quantile(tookMs, 0.5)}, ${quantile(tookMs, 0.99)}`],
  ];
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const counted = (answers: Readonly<Record<string, number>>): string =>
  Object.entries(answers)
    .map(([status, count]) => `${count} × ${status}`)
    .join(", ");
