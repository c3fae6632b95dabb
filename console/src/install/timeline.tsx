import type { InstallWithTimeline } from "../api/resources.ts";
import { durationText } from "../ui/duration.ts";
import { useNowMs } from "../ui/now.ts";
import { type Step, stepsOf } from "./steps.ts";

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

/** What has happened, each step as a bar as long as it lasted. */
export const Timeline = ({ install }: { readonly install: InstallWithTimeline }) => {
  const steps = stepsOf(install, useNowMs());
  const last = steps.at(-1);
  const totalMs = Math.max(1, (last?.afterMs ?? 0) + (last?.lastsMs ?? 0));
  return (
    <section className="panel" aria-labelledby="timeline">
      <div className="panel-head">
        <h2 id="timeline">Timeline</h2>
        <span className="quiet">{durationText(totalMs)} in all</span>
      </div>
      <ol className="timeline">
        {steps.map((step) => (
          <StepRow key={step.id} step={step} totalMs={totalMs} />
        ))}
      </ol>
    </section>
  );
};

const StepRow = ({ step, totalMs }: { readonly step: Step; readonly totalMs: number }) => {
  const { at, what, more, tone, afterMs, lastsMs } = step;
  return (
    <li data-tone={tone}>
      <time dateTime={at} title={exact.format(new Date(at))}>
        {afterMs === 0 ? "start" : `+${durationText(afterMs)}`}
      </time>
      <div className="step">
        <span className="step-what" dir="auto">
          {what}
        </span>
        {more.map(([name, value]) => (
          <span key={name} className="step-more">
            {nameWords(name)} <code>{value}</code>
          </span>
        ))}
      </div>
      <div className="bar">
        <span
          style={{
            left: `${Math.min(99.5, (afterMs / totalMs) * 100)}%`,
            width: `max(3px, ${((lastsMs ?? 0) / totalMs) * 100}%)`,
          }}
        />
      </div>
      <span className="lasts">{lastsMs === undefined ? "" : durationText(lastsMs)}</span>
    </li>
  );
};

/** `connectorId` as words. */
const nameWords = (name: string): string =>
  name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
