import { useEffect, useRef } from "react";
import Plot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Rate } from "./rates.ts";

const heightPx = 140;

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const dataOf = (rates: readonly Rate[]): [number[], number[]] => [
  rates.map(({ atSeconds }) => atSeconds),
  rates.map(({ perSecond }) => perSecond),
];

/** A line of the pace; a canvas, in the colours of the page. */
const PaceChart = ({ rates, label }: { readonly rates: readonly Rate[]; readonly label: string }) => {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | undefined>(undefined);
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const colours = matchMedia("(prefers-color-scheme: dark)");
    const draw = (): void => {
      const shown = plot.current?.data;
      plot.current?.destroy();
      plot.current = new Plot(optionsOf(box), shown ?? [[], []], box);
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: box.clientWidth, height: heightPx }),
    );
    resized.observe(box);
    colours.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      colours.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(rates)), [rates]);
  return <div ref={place} className="pace-place" role="img" aria-label={label} />;
};

const optionsOf = (box: HTMLElement): Plot.Options => {
  const { color: line, borderTopColor: grid, outlineColor: text } = getComputedStyle(box);
  const axis = {
    stroke: text,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid },
    font: "12px system-ui",
  };
  return {
    width: box.clientWidth,
    height: heightPx,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      {
        ...axis,
        space: 90,
        incrs: [1, 5, 10, 15, 30, 60, 300],
        values: (_plot, seconds) => seconds.map((at) => clock.format(at * 1000)),
      },
      { ...axis, size: 44 },
    ],
    series: [{}, { stroke: line, width: 2, points: { show: false } }],
  };
};

export default PaceChart;
