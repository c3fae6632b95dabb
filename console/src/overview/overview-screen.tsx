import type { Stats } from "../api/resources.ts";
import { useDoctor } from "../session/doctor.ts";
import { FirstSteps } from "../session/first-steps.tsx";
import { SignMark } from "../ui/icon.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Screen } from "../ui/screen.tsx";
import { Empty, Failure, NotFresh, Unread } from "../ui/states.tsx";
import { Charts } from "./charts.tsx";
import { type Headline, headlineOf } from "./headline.ts";
import { useStats } from "./stats-query.ts";
import { Tiles } from "./tiles.tsx";

/** Is all well; if not, what first. */
export const OverviewScreen = () => {
  const figures = useStats();
  const { data: stats } = figures;
  const { reading: doctor, isAllowed } = useDoctor();
  return (
    <Screen title="Overview">
      {stats === undefined ? (
        <Unread reading={figures} label="Reading the figures" />
      ) : (
        <div className="stack">
          <NotFresh stale={figures.stale} />
          {isAllowed && doctor.data === undefined && doctor.failure === undefined ? (
            <Banner headline={{ tone: "neutral", what: "Checking everything an install needs…" }} />
          ) : (
            <Banner headline={headlineOf(stats, doctor.data?.checks)} />
          )}
          {doctor.failure !== undefined && (
            <section className="panel" aria-label="Checks">
              <Failure error={doctor.failure} retry={doctor.retry} />
            </section>
          )}
          {isUnused(stats) && (
            <section className="panel">
              <Empty title="No install in the last two days">
                <p>
                  <FirstSteps />
                </p>
              </Empty>
            </section>
          )}
          <Tiles stats={stats} />
          <Charts stats={stats} />
        </div>
      )}
    </Screen>
  );
};

/** Whether nothing waits, and nothing ended in the hours that are shown. */
const isUnused = ({ now, hours }: Stats): boolean =>
  now.inFlight === 0 && hours.every(({ ended }) => Object.values(ended).every((count) => count === 0));

const signs = {
  good: "check",
  warning: "up",
  bad: "cross",
  neutral: "dots",
  busy: "dots",
  waiting: "clock",
} as const;

const Banner = ({ headline: { tone, what, fix, to } }: { readonly headline: Headline }) => (
  <section className="panel headline" data-tone={tone} aria-label="Health" aria-live="polite">
    <SignMark sign={signs[tone]} isFilled={tone === "good" || tone === "bad"} />
    <div>
      <p className="headline-what" dir="auto">
        {what}
      </p>
      {fix !== undefined && <p dir="auto">{fix}</p>}
      {to !== undefined && <ScreenLink to={to.path}>{to.name}</ScreenLink>}
    </div>
  </section>
);
