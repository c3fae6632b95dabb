import type { ReactNode } from "react";
import type { InstallStatus, Stats } from "../api/resources.ts";
import { durationText } from "../ui/duration.ts";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { Tile } from "../ui/tile.tsx";
import { installLooks } from "../words/install-status.ts";
import { endedOf } from "./stats-query.ts";

const open = [
  "queued",
  "submitting",
  "retrying",
  "held",
  "awaiting_channel",
] as const satisfies readonly InstallStatus[];
const ended = ["completed", "failed", "cancelled"] as const;

const whole = new Intl.NumberFormat("en-GB");

/** What is in hand now, and what ended. */
export const Tiles = ({ stats }: { readonly stats: Stats }) => {
  const { now } = stats;
  const { overdue, waiting } = now.oldestMs;
  const held = now.heldWorkspaces.rate_limited + now.heldWorkspaces.unauthorized;
  return (
    <ul className="tiles">
      <Tile name="In flight" figure={whole.format(now.inFlight)} isWide>
        <ul className="counts">
          {open.map((status) => (
            <Count key={status} status={status} count={now.installs[status]} />
          ))}
        </ul>
      </Tile>
      <Tile
        name="Ended in 24 hours"
        figure={whole.format(ended.reduce((sum, outcome) => sum + endedOf(stats, outcome).now, 0))}
        isWide
      >
        <ul className="counts">
          {ended.map((outcome) => {
            const { now: count, before } = endedOf(stats, outcome);
            return (
              <Count key={outcome} status={outcome} count={count} since="24h">
                <span className="quiet">{whole.format(before)} the day before</span>
              </Count>
            );
          })}
        </ul>
      </Tile>
      <Tile
        name="Oldest due"
        figure={overdue === 0 && waiting === 0 ? "none" : durationText(Math.max(overdue, waiting))}
      >
        {now.pace.endedLastMinute} ended in the last minute
      </Tile>
      <Tile name="Held workspaces" figure={whole.format(held)} to="/workspaces?held=true">
        {now.heldWorkspaces.unauthorized} refused their key, {now.heldWorkspaces.rate_limited} asked to slow
        down
      </Tile>
      <Tile name="Unmatched events" figure={whole.format(now.events.unmatched)} to="/events">
        {whole.format(now.events.unreadable)} could not be read
      </Tile>
      <Tile
        name="Dead notifications"
        figure={whole.format(now.notifications.dead)}
        to="/notifications?status=failed"
      >
        {whole.format(now.notifications.pending)} on their way
      </Tile>
      <Workers stats={stats} />
      <Memory stats={stats} />
    </ul>
  );
};

const Count = ({
  status,
  count,
  since,
  children,
}: {
  readonly status: InstallStatus;
  readonly count: number;
  readonly since?: string;
  readonly children?: ReactNode;
}) => (
  <li>
    <ScreenLink
      to={`/installs?status=${status}${since === undefined ? "" : `&since=${since}`}`}
      label={`${count} ${installLooks[status].word}`}
    >
      <StatusMark look={installLooks[status]} />
    </ScreenLink>
    <span className="count">{whole.format(count)}</span>
    {children}
  </li>
);

const Workers = ({ stats: { now } }: { readonly stats: Stats }) => {
  const workers = now.processes.filter(({ role }) => role === "worker" || role === "start");
  const [latest] = workers
    .map(({ seenAt }) => seenAt)
    .sort()
    .reverse();
  return (
    <Tile name="Workers" figure={whole.format(workers.length)}>
      {latest === undefined ? (
        "None reported within a minute"
      ) : (
        <>
          last report <Moment at={latest} />
        </>
      )}
    </Tile>
  );
};

const Memory = ({ stats: { now } }: { readonly stats: Stats }) => {
  const used = now.redis.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  const limits = now.redis.map(({ limitBytes }) => limitBytes ?? 0);
  const limit = limits.reduce((sum, bytes) => sum + bytes, 0);
  return (
    <Tile name="Redis memory" figure={now.redis.length === 0 ? "not known" : bytesText(used)}>
      {now.redis.length === 0
        ? "Its user may not ask (INFO)"
        : limits.includes(0)
          ? "without a limit of its own"
          : `${Math.round((100 * used) / limit)} % of ${bytesText(limit)}`}
    </Tile>
  );
};

const bytesText = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
