import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { HourChartProps } from "./series.ts";

const heightPx = 190;
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
const stacked = (series: HourChartProps["series"]): readonly (readonly number[])[] =>
  series.map(({ values }, at) =>
    values.map((_, hour) => series.slice(0, at + 1).reduce((sum, each) => sum + (each.values[hour] ?? 0), 0)),
  );

type DrawnSeries = Pick<HourChartProps, "from" | "series" | "kind" | "valueText">;

const draw = (place: HTMLElement, { from, series, kind, valueText }: DrawnSeries): UPlot => {
  const atS = from.map((at) => Date.parse(at) / 1000);
  const isBars = kind === "bars";
  const values = isBars ? stacked(series) : series.map((each) => each.values);
  // The highest is drawn first, so that those below it stand before it.
  const order = series.map((_, at) => (isBars ? series.length - 1 - at : at));
  const quiet = colourIn(place, "quiet");
  const grid = { stroke: colourIn(place, "line"), width: 1 };
  const bars = UPlot.paths.bars?.({ size: [0.7, 28] });
  const axis = { stroke: quiet, grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const font = getComputedStyle(place).fontFamily;
  return new UPlot(
    {
      width: Math.max(place.clientWidth, 200),
      height: heightPx,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { range: (_, min, max) => [min - halfHourS, max + halfHourS] },
        y: { range: (_, _min, max) => [0, Math.max(max * 1.1, 1)] },
      },
      axes: [
        {
          ...axis,
          font: `12px ${font}`,
          size: 30,
          grid: { show: false },
          values: (_, splits) => splits.map(hourText),
        },
        {
          ...axis,
          font: `12px ${font}`,
          size: isBars ? 48 : 70,
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
            width: isBars ? 0 : 2,
            points: { show: !isBars, size: 5, fill: colour },
            ...(isBars && { fill: colour, ...(bars !== undefined && { paths: bars }) }),
            ...(series[at]?.isDashed === true && { dash: [5, 4] }),
          };
        }),
      ],
    },
    [atS, ...order.map((at) => [...(values[at] ?? [])])],
    place,
  );
};

const hourText = (atS: number): string =>
  new Date(atS * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

/** Draws a chart that keeps to the width of its place and the scheme of the page. @returns what takes it away. */
export const drawChart = (place: HTMLElement, props: DrawnSeries): (() => void) => {
  let chart = draw(place, props);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const redraw = (): void => {
    chart.destroy();
    chart = draw(place, props);
  };
  const observer = new ResizeObserver(() =>
    chart.setSize({ width: Math.max(place.clientWidth, 200), height: heightPx }),
  );
  observer.observe(place);
  scheme.addEventListener("change", redraw);
  return () => {
    observer.disconnect();
    scheme.removeEventListener("change", redraw);
    chart.destroy();
  };
};
