import { lazy, Suspense } from "react";
import type { Stats, StatsHour } from "../api/resources.ts";
import type { Series } from "../charts/series.ts";
import { durationText } from "../ui/duration.ts";
import { Loading } from "../ui/states.tsx";
import { codeWords } from "../words/actors.ts";
import { installLooks } from "../words/install-status.ts";
import { dayHours } from "./stats-query.ts";

const Chart = lazy(() => import("../charts/chart.tsx"));

const tones = ["bad", "warning", "waiting", "busy", "neutral"] as const;

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

const outcomes = (hours: readonly StatsHour[]): readonly Series[] =>
  (["completed", "failed", "cancelled"] as const).map((outcome) => ({
    name: installLooks[outcome].word,
    tone: installLooks[outcome].tone,
    values: hours.map(({ ended }) => ended[outcome]),
  }));

/** The most frequent codes of the day, the others together. */
const failures = (hours: readonly StatsHour[]): readonly Series[] => {
  const countOf = ({ failuresByCode }: StatsHour, code: string): number =>
    failuresByCode.find((each) => each.code === code)?.count ?? 0;
  const codes = [...new Set(hours.flatMap(({ failuresByCode }) => failuresByCode.map(({ code }) => code)))]
    .map((code) => ({ code, values: hours.map((hour) => countOf(hour, code)) }))
    .sort((one, other) => sum(other.values) - sum(one.values));
  const named = codes.slice(0, tones.length - 1);
  const others = codes.slice(tones.length - 1);
  return [
    ...named.map(({ code, values }, at) => ({ name: codeWords(code), tone: tones[at] ?? "neutral", values })),
    ...(others.length === 0
      ? []
      : [
          {
            name: "Others",
            tone: "neutral" as const,
            values: hours.map((_, at) => sum(others.map(({ values }) => values[at] ?? 0))),
          },
        ]),
  ];
};

const times = (hours: readonly StatsHour[]): readonly Series[] => [
  { name: "Median", tone: "busy", values: hours.map(({ createToEvent }) => createToEvent.p50Ms ?? null) },
  {
    name: "95th percentile",
    tone: "waiting",
    isDashed: true,
    values: hours.map(({ createToEvent }) => createToEvent.p95Ms ?? null),
  },
];

const answers = (hours: readonly StatsHour[]): readonly Series[] => {
  const of = (hour: StatsHour) => hour.birdAnswers;
  return [
    { name: "2xx", tone: "good", values: hours.map((hour) => of(hour)["2xx"]) },
    { name: "429", tone: "warning", values: hours.map((hour) => of(hour)["429"]) },
    { name: "Other 4xx", tone: "waiting", values: hours.map((hour) => of(hour)["4xx"] + of(hour)["3xx"]) },
    { name: "5xx", tone: "bad", values: hours.map((hour) => of(hour)["5xx"]) },
    {
      name: "No answer",
      tone: "neutral",
      values: hours.map((hour) => of(hour).unanswered + of(hour).not_sent),
    },
  ];
};

const hour = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

const countText = (value: number): string => new Intl.NumberFormat("en-GB").format(value);

/** The last day by the hour. */
export const Charts = ({ stats }: { readonly stats: Stats }) => {
  const hours = stats.hours.slice(-dayHours);
  const moments = hours.map(({ from }) => from);
  const days = { moments, momentName: "Hour", momentText: hour.format, axisText: clock.format };
  const common = { ...days, kind: "bars", valueText: countText } as const;
  return (
    <Suspense fallback={<Loading label="Drawing the charts" />}>
      <div className="charts">
        <Chart title="Ended, by outcome" series={outcomes(hours)} nothing="Nothing ended." {...common} />
        <Chart title="Failures, by cause" series={failures(hours)} nothing="Nothing failed." {...common} />
        <Chart
          title="From create to event"
          series={times(hours)}
          nothing="No event completed an install."
          {...days}
          kind="lines"
          valueText={durationText}
        />
        <Chart title="Bird's answers" series={answers(hours)} nothing="Bird was asked nothing." {...common} />
      </div>
    </Suspense>
  );
};
