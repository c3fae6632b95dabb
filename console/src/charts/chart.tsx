import { useEffect, useRef } from "react";
import { drawChart } from "./draw-chart.ts";
import type { ChartProps, Series } from "./series.ts";

const isNothing = ({ values }: Series): boolean => values.every((value) => value === null || value === 0);

/** Values over time, with a legend; its table says the same to those who do not see it. */
const Chart = (props: ChartProps) => {
  const { title, note, moments, momentName, momentText, nothing, valueText } = props;
  const series = props.series.filter((each) => !isNothing(each));
  return (
    <section className="panel chart" aria-label={title}>
      <div className="panel-head">
        <h2>{title}</h2>
        {note !== undefined && <span className="quiet">{note}</span>}
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
                    <th scope="col">{momentName}</th>
                    {series.map(({ name }) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {moments.map((at, index) => (
                    <tr key={at}>
                      <th scope="row">{momentText(new Date(at))}</th>
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

const Canvas = (props: ChartProps) => {
  const place = useRef<HTMLDivElement>(null);
  const drawn = JSON.stringify([props.moments, props.series]);
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again when what is drawn differs, not on every answer.
  useEffect(() => (place.current === null ? undefined : drawChart(place.current, latest.current)), [drawn]);
  return <div className="canvas" ref={place} aria-hidden="true" />;
};

export default Chart;
