import { useEffect, useRef } from "react";
import { drawChart } from "./draw-chart.ts";
import type { HourChartProps, Series } from "./series.ts";

const hour = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" });

const isNothing = ({ values }: Series): boolean => values.every((value) => value === null || value === 0);

/** One chart of the last day; its table says the same to those who do not see it. */
const HourChart = (props: HourChartProps) => {
  const { title, from, nothing, valueText } = props;
  const series = props.series.filter((each) => !isNothing(each));
  return (
    <section className="panel chart" aria-label={title}>
      <div className="panel-head">
        <h2>{title}</h2>
        <ul className="chart-legend">
          {series.map(({ name, tone, isDashed }) => (
            <li key={name} data-tone={tone}>
              <span className="swatch" data-dashed={isDashed} aria-hidden="true" />
              {name}
            </li>
          ))}
        </ul>
      </div>
      {series.length === 0 ? (
        <p className="quiet">{nothing}</p>
      ) : (
        <>
          <Canvas {...props} series={series} />
          <details className="folded">
            <summary>As a table</summary>
            <div className="scrolls">
              <table className="plain" aria-label={title}>
                <thead>
                  <tr>
                    <th scope="col">Hour</th>
                    {series.map(({ name }) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {from.map((at, index) => (
                    <tr key={at}>
                      <th scope="row">{hour.format(new Date(at))}</th>
                      {series.map(({ name, values }) => (
                        <td key={name}>{cellText(values[index] ?? null, valueText)}</td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        </>
      )}
    </section>
  );
};

const cellText = (value: number | null, valueText: (value: number) => string): string =>
  value === null ? "–" : valueText(value);

const Canvas = (props: HourChartProps) => {
  const place = useRef<HTMLDivElement>(null);
  const drawn = JSON.stringify([props.from, props.series]);
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again when what is drawn differs, not on every answer.
  useEffect(() => (place.current === null ? undefined : drawChart(place.current, latest.current)), [drawn]);
  return <div className="canvas" ref={place} aria-hidden="true" />;
};

export default HourChart;
