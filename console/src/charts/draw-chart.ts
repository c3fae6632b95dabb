import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { ChartProps } from "./series.ts";

const halfHourS = 1800;

/** A colour of the styles as the canvas takes it, in the scheme of the page. */
const colourIn = (place: HTMLElement, name: string): string => {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

/** Values on top of one another: each series has those below it added. */
const stacked = (series: ChartProps["series"]): readonly (readonly number[])[] =>
  series.map(({ values }, at) =>
    values.map((_, moment) =>
      series.slice(0, at + 1).reduce((sum, each) => sum + (each.values[moment] ?? 0), 0),
    ),
  );

type Drawn = Pick<ChartProps, "moments" | "series" | "kind" | "axisText" | "valueText">;

const draw = (place: HTMLElement, { moments, series, kind, axisText, valueText }: Drawn): UPlot => {
  const atS = moments.map((at) => Date.parse(at) / 1000);
  const isBars = kind === "bars";
  const isStacked = kind !== "lines";
  const values = isStacked ? stacked(series) : series.map((each) => each.values);
  // The highest is drawn first, so that those below it stand before it.
  const order = series.map((_, at) => (isStacked ? series.length - 1 - at : at));
  const quiet = colourIn(place, "quiet");
  const grid = { stroke: colourIn(place, "line"), width: 1 };
  const bars = UPlot.paths.bars?.({ size: [0.7, 28] });
  const axis = { stroke: quiet, grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const font = getComputedStyle(place).fontFamily;
  return new UPlot(
    {
      width: Math.max(place.clientWidth, 200),
      height: place.clientHeight,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        // Bars stand astride their moments.
        x: { range: (_, min, max) => (isBars ? [min - halfHourS, max + halfHourS] : [min, max]) },
        y: { range: (_, _min, max) => [0, Math.max(max * 1.1, 1)] },
      },
      axes: [
        {
          ...axis,
          font: `12px ${font}`,
          size: 30,
          grid: { show: false },
          values: (_, splits) => splits.map((atS) => axisText(new Date(atS * 1000))),
        },
        {
          ...axis,
          font: `12px ${font}`,
          size: isStacked ? 48 : 70,
          values: (_, splits) =>
            splits.map((split) => (Number.isInteger(split) || !isBars ? valueText(split) : "")),
        },
      ],
      series: [
        {},
        ...order.map((at) => {
          const colour = colourIn(place, series[at]?.tone ?? "neutral");
          return {
            stroke: colour,
            width: isStacked ? 0 : 2,
            points: { show: !isStacked, size: 5, fill: colour },
            ...(isStacked && { fill: colour }),
            ...(isBars && bars !== undefined && { paths: bars }),
            ...(series[at]?.isDashed === true && { dash: [5, 4] }),
          };
        }),
      ],
    },
    [atS, ...order.map((at) => [...(values[at] ?? [])])],
    place,
  );
};

/** Draws a chart that keeps to the width of its place and the scheme of the page. @returns what takes it away. */
export const drawChart = (place: HTMLElement, props: Drawn): (() => void) => {
  let chart = draw(place, props);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const redraw = (): void => {
    chart.destroy();
    chart = draw(place, props);
  };
  const observer = new ResizeObserver(() =>
    chart.setSize({ width: Math.max(place.clientWidth, 200), height: place.clientHeight }),
  );
  observer.observe(place);
  scheme.addEventListener("change", redraw);
  return () => {
    observer.disconnect();
    scheme.removeEventListener("change", redraw);
    chart.destroy();
  };
};
