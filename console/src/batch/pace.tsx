import { lazy, Suspense } from "react";
import type { BatchWithFailures } from "../api/resources.ts";
import { installLooks } from "../words/install-status.ts";
import { ends, type Rate, ratesOf } from "./rates.ts";

const Chart = lazy(() => import("../charts/chart.tsx"));

/** Fewer rates are no chart. */
const ratesMin = 3;

const looks = {
  completed: installLooks.completed,
  failed: installLooks.failed,
  cancelled: installLooks.cancelled,
  unknown: { word: "Outcome not kept", tone: "busy" },
} as const;

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const perSecond = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

const sumOf = (rate: Rate): number => ends.reduce((sum, end) => sum + rate[end], 0);

/** How many installs ended each second, by outcome, over the last minute it ran; nothing while there is too little to draw. */
export const Pace = ({ batch }: { readonly batch: BatchWithFailures }) => {
  const rates = ratesOf(batch.samples);
  if (rates.length < ratesMin) return null;
  const fastest = perSecond.format(Math.max(...rates.map(sumOf)));
  return (
    <div className="pace">
      <Suspense fallback={<div className="panel pace-place" />}>
        <Chart
          title="Ended per second, by outcome"
          note={`at most ${fastest} in the last minute it ran`}
          kind="areas"
          moments={rates.map(({ at }) => at)}
          momentName="Time"
          momentText={clock.format}
          axisText={clock.format}
          valueText={perSecond.format}
          series={ends.map((end) => ({
            name: looks[end].word,
            tone: looks[end].tone,
            values: rates.map((rate) => rate[end]),
          }))}
          nothing="Nothing ended in that minute."
        />
      </Suspense>
    </div>
  );
};
