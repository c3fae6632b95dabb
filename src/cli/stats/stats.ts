import { type Stats, type StatsHour, statsHoursMax } from "../../install/stats.ts";
import { plural } from "../../install/values/shown-text.ts";
import type { ReadStats } from "../../queue/stats/stats.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { fittingTable } from "../terminal/plain-table.ts";
import { duration } from "../terminal/time-left.ts";

export interface StatsArgs {
  /** 1 to `statsHoursMax`. */
  readonly hours: number;
  readonly json: boolean;
}

/** `perch stats`: what is in hand now, and what happened in each of the last hours. */
export const statsCommand = async (
  { io, readStats }: { readonly io: Io; readonly readStats: ReadStats },
  { hours, json }: StatsArgs,
): Promise<number> => {
  if (hours < 1 || hours > statsHoursMax) {
    printNote(io, `--hours must be a number from 1 to ${statsHoursMax}.`);
    return exitCode.wrongUsage;
  }
  const stats = await readStats({ hours });
  if (json) {
    printJson(io, stats);
    return exitCode.done;
  }
  for (const [title, text] of linesOf(stats)) printLine(io, `${title.padEnd(14)}${text}`);
  io.stdout.write(`\n${hoursTable(stats.hours.toReversed())}`);
  return exitCode.done;
};

const linesOf = ({ at, now }: Stats): readonly (readonly [title: string, text: string])[] => {
  const { installs, pace, oldestMs, heldWorkspaces, events, notifications } = now;
  const live = (["queued", "submitting", "awaiting_channel", "retrying", "held"] as const)
    .filter((status) => installs[status] > 0)
    .map((status) => `${installs[status]} ${status}`);
  const paused = now.paused > 0 ? `; ${now.paused} of them wait for their batch` : "";
  const finish = pace.finishMs === undefined ? "" : `; ${duration(pace.finishMs)} for those at this pace`;
  const nowMs = Date.parse(at);
  return [
    ["at", at],
    ["in flight", `${now.inFlight}${live.length === 0 ? "" : `: ${live.join(", ")}${paused}`}`],
    ["pace", `${pace.endedLastMinute} ended in the last minute, ${pace.ready} ready to run${finish}`],
    ["oldest", `ready for ${seconds(oldestMs.waiting)}, overdue by ${seconds(oldestMs.overdue)}`],
    [
      "held",
      `${plural(heldWorkspaces.unauthorized, "workspace")} unauthorized, ${heldWorkspaces.rate_limited} rate_limited`,
    ],
    ["events", `${events.unmatched} unmatched, ${events.unreadable} unreadable`],
    ["notifications", `${notifications.pending} pending, ${notifications.dead} dead`],
    ...now.processes.map(
      ({ role, host, processId, seenAt }) =>
        ["process", `${role} ${host}:${processId}, seen ${ageOf(seenAt, nowMs)} ago`] as const,
    ),
    ...now.redis.map(
      ({ server, usedBytes, limitBytes }) =>
        [
          "redis",
          `${server} uses ${megabytes(usedBytes)} MB of ${limitBytes === undefined ? "what its machine has (no maxmemory)" : `${megabytes(limitBytes)} MB`}`,
        ] as const,
    ),
  ];
};

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** Newest first. */
const hoursTable = (hours: readonly StatsHour[]): string =>
  fittingTable(hours, [
    { title: "hour (UTC)", max: 16, of: ({ from }) => from.slice(5, 16).replace("T", " ") },
    { title: "created", max: 16, of: ({ created }) => created },
    { title: "completed", max: 16, of: ({ ended }) => ended.completed },
    { title: "failed", max: 16, of: ({ ended }) => ended.failed },
    { title: "cancelled", max: 16, of: ({ ended }) => ended.cancelled },
    { title: "p50", max: 16, of: ({ createToEvent }) => shortTime(createToEvent.p50Ms) },
    { title: "p95", max: 16, of: ({ createToEvent }) => shortTime(createToEvent.p95Ms) },
    ...(["2xx", "4xx", "429", "5xx"] as const).map((answer) => ({
      title: answer,
      max: 16,
      of: ({ birdAnswers }: StatsHour) => birdAnswers[answer],
    })),
    {
      title: "none",
      max: 16,
      of: ({ birdAnswers: { unanswered, not_sent: notSent, withheld } }) => unanswered + notSent + withheld,
    },
    {
      title: "most frequent failure",
      max: 40,
      of: ({ failuresByCode: [most] }) => most && `${most.count} ${most.code}`,
    },
  ]);

const shortTime = (ms: number | undefined): string => {
  if (ms === undefined) return "";
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
};
