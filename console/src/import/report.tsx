import { ProblemError } from "../api/problem.ts";
import type { DryRun } from "../api/resources.ts";
import type { Sent } from "../api/upload.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { durationText } from "../ui/duration.ts";
import { Loading } from "../ui/states.tsx";
import { type StatusLook, StatusMark } from "../ui/status-mark.tsx";
import { countText, plural } from "../words/counts.ts";
import { UploadProgress } from "./upload-progress.tsx";

/** What the server says of the file: how many rows are new, join, or are to correct, or why it cannot be read. */
export const Report = ({
  report,
  error,
  isChecking,
  isStale,
  recheck,
  sent,
}: {
  readonly report: DryRun | undefined;
  readonly error: Error | null;
  readonly isChecking: boolean;
  readonly isStale: boolean;
  readonly recheck: () => void;
  readonly sent: Sent | undefined;
}) => (
  <section className="panel" aria-labelledby="check" aria-live="polite" aria-busy={isChecking}>
    <div className="panel-head">
      <h2 id="check">Check</h2>
      {isStale && (
        <ActionButton isPending={isChecking} onPress={recheck}>
          {isChecking ? "Checking…" : "Check again"}
        </ActionButton>
      )}
    </div>
    <UploadProgress sent={sent} />
    {report === undefined && error === null && <Loading label="Checking the file" lines={2} />}
    {error !== null && <Refusal error={error} />}
    {error !== null && !isStale && isPassing(error) && (
      <ActionButton onPress={recheck}>Try again</ActionButton>
    )}
    {report !== undefined && <Counts report={report} />}
  </section>
);

/** Whether the file was not read for a reason that passes: the same file may be taken when it is sent again. */
const isPassing = (error: Error): boolean =>
  !(error instanceof ProblemError) || [0, 408, 429].includes(error.status) || error.status >= 500;

/** Whether it is about columns, which the wizard asks for above. */
const isAboutColumns = (error: Error): boolean =>
  error instanceof ProblemError && error.file?.columns !== undefined;

const Refusal = ({ error }: { readonly error: Error }) =>
  isAboutColumns(error) ? (
    <div className="notice" data-tone="warning" role="alert">
      <p>
        <strong>Say above what each column holds, and give what the file lacks.</strong>
      </p>
      <p className="quiet">{error.message}</p>
    </div>
  ) : (
    <div className="refused" role="alert">
      <p>{error.message}</p>
      {error instanceof ProblemError && (
        <ul>
          {error.issues
            .filter(({ message }) => message !== error.message)
            .map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <code>{path.slice(1)}</code> {message}
              </li>
            ))}
        </ul>
      )}
    </div>
  );

const looks = {
  created: { word: "new", sign: "check", tone: "good", isFilled: true },
  attached: { word: "join an install", sign: "again", tone: "busy" },
  installed: { word: "live already", sign: "check", tone: "neutral" },
  blocked: { word: "wait for their workspace", sign: "pause", tone: "warning" },
  rejected: { word: "to correct", sign: "cross", tone: "bad", isFilled: true },
} as const satisfies Record<string, StatusLook>;

const counted = ["created", "attached", "installed", "blocked", "rejected"] as const;

/** How long the new ones take. */
const timeText = (finishMs: number, isMeasured: boolean): string => {
  if (isMeasured) return `About ${finishMs < 1000 ? "a second" : durationText(finishMs)} for the new ones.`;
  const unmeasured = "no install has ended lately to measure by";
  return finishMs < 1000
    ? `How long the new ones take is not known: ${unmeasured}.`
    : `At least ${durationText(finishMs)} for the new ones: ${unmeasured}.`;
};

const Counts = ({ report }: { readonly report: DryRun }) => {
  const { rows, created, blocked, finishMs, finishBasis, fault, meta } = report;
  const shown = counted.filter((member) => report[member] > 0 || member === "created");
  return (
    <>
      <ul className="legend">
        {shown.map((member) => (
          <li key={member}>
            <span className="legend-item">
              <strong>{countText(report[member])}</strong> <StatusMark look={looks[member]} />
            </span>
          </li>
        ))}
      </ul>
      <p className="quiet">
        {plural(rows, "row")} read.
        {created + blocked > 0 && ` ${timeText(finishMs, finishBasis === "pace")}`}
      </p>
      {meta !== undefined && (
        <p className="quiet">
          At Meta: {plural(meta.checked, "row")} checked, {countText(meta.found)} with errors,{" "}
          {countText(meta.warned)} with warnings
          {meta.unchecked > 0 && `, ${countText(meta.unchecked)} not checked (${meta.reason})`}.
        </p>
      )}
      {fault !== undefined && (
        <p className="notice" data-tone="bad">
          The file could not be read further: {fault}
        </p>
      )}
    </>
  );
};
