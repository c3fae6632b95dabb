import { lazy, Suspense } from "react";
import type { BatchWithFailures } from "../api/resources.ts";
import { ratesOf } from "./rates.ts";

const PaceChart = lazy(() => import("./pace-chart.tsx"));

/** Fewer rates are no chart. */
const ratesMin = 3;

/** How many installs ended each second, over the last minute it ran; nothing while there is too little to draw. */
export const Pace = ({ batch }: { readonly batch: BatchWithFailures }) => {
  const rates = ratesOf(batch.samples);
  if (rates.length < ratesMin) return null;
  const fastest = Math.max(...rates.map(({ perSecond }) => perSecond));
  return (
    <figure className="panel">
      <figcaption className="panel-head">
        <h2>Ended per second</h2>
        <span className="quiet">at most {fastest.toFixed(1)} in the last minute it ran</span>
      </figcaption>
      <Suspense fallback={<div className="pace-place" />}>
        <PaceChart rates={rates} label={`Installs that ended per second, at most ${fastest.toFixed(1)}`} />
      </Suspense>
    </figure>
  );
};
