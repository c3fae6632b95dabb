import type { Batch } from "../api/resources.ts";
import { durationText } from "../ui/duration.ts";
import { Facts } from "../ui/facts.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { Moment } from "../ui/moment.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { countText, percentText, plural } from "../words/counts.ts";
import { OutcomeBar } from "../words/outcome-bar.tsx";
import { endedRows, outcomes } from "../words/outcomes.ts";

/** How far a batch is, how fast it goes, and what would stop it. */
export const Progress = ({ batch }: { readonly batch: Batch }) => {
  const { id, rows, attached, status, pauseReason, canary, isCutOff, lastDecision } = batch;
  return (
    <section className="panel" aria-label="Progress">
      <div className="panel-head">
        <h2>
          {countText(endedRows(batch))} of {plural(rows, "row")} ended
        </h2>
        <span className="quiet">{percentText(endedRows(batch), rows)}</span>
      </div>
      <OutcomeBar batch={batch} isLarge />
      <ul className="legend">
        {outcomes.map(([member, look]) => (
          <li key={member} data-none={batch[member] === 0 || undefined}>
            <ScreenLink to={`/batches/${id}?status=${member}`}>
              <StatusMark look={look} /> <strong>{countText(batch[member])}</strong>
            </ScreenLink>
          </li>
        ))}
      </ul>
      {isCutOff === true && (
        <p className="notice" data-tone="warning">
          Its file was not read to the end: what came after row {countText(rows)} is not in it. The same file
          again, with the same name, continues it for an hour.
        </p>
      )}
      {status === "paused" && (
        <p className="notice" data-tone="warning">
          {pauseReason ?? "It was paused: what was sent to Bird continues, nothing more is sent."}
        </p>
      )}
      <Facts
        facts={[
          ["Pace", batch.ratePerSecond !== undefined && paceText(batch.ratePerSecond)],
          ["Time left", batch.etaMs !== undefined && `about ${durationText(batch.etaMs)}`],
          [
            "Canary",
            canary !== undefined && `the first ${plural(canary, "install")} run alone; the others wait`,
          ],
          ["Halt limit", batch.haltAt !== undefined && <Halt batch={batch} haltAt={batch.haltAt} />],
          ["Joined", attached > 0 && `${plural(attached, "row")} joined an install the number had already`],
          [
            "Decided",
            lastDecision !== undefined && (
              <>
                {decisionWords[lastDecision.decision]} <Moment at={lastDecision.at} />
                {lastDecision.requestedBy !== undefined && (
                  <>
                    {" "}
                    by <bdi>{lastDecision.requestedBy}</bdi>
                  </>
                )}
              </>
            ),
          ],
        ]}
      />
    </section>
  );
};

const decisionWords = {
  pause: "paused",
  resume: "resumed",
  cancel: "cancelled",
  retry: "retried",
} as const satisfies Record<NonNullable<Batch["lastDecision"]>["decision"], string>;

const paceText = (perSecond: number): string =>
  perSecond >= 1 ? `${perSecond.toFixed(1)} a second` : `${(perSecond * 60).toFixed(1)} a minute`;

const Halt = ({ batch, haltAt }: { readonly batch: Batch; readonly haltAt: number }) => {
  const { failedPercent } = batch;
  const isOver = failedPercent !== undefined && failedPercent > haltAt;
  return (
    <span className="halt">
      It pauses when more than {haltAt} % have failed
      {failedPercent !== undefined && (
        <>
          {"; now "}
          <strong data-tone={isOver ? "bad" : "good"}>{failedPercent} %</strong>
          <meter
            min={0}
            max={100}
            low={haltAt}
            high={haltAt}
            optimum={0}
            value={failedPercent}
            aria-label={`${failedPercent} % of its ended installs have failed`}
          />
        </>
      )}
    </span>
  );
};
