import { type ReactNode, useState } from "react";
import { ProblemError } from "../api/problem.ts";
import type { Reading, Stale } from "../api/reading.ts";
import { ActionButton } from "./action-button.tsx";

/** Says that there is nothing, why, and what to do. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ReactNode }) => (
  <div className="state">
    <h2>{title}</h2>
    {children}
  </div>
);

/** Holds the place of what is being read. */
export const Loading = ({
  label,
  lines = 6,
  isLate,
}: {
  readonly label: string;
  readonly lines?: number;
  /** Shown only where it takes a moment: it stands in the place of a whole page. */
  readonly isLate?: true;
}) => (
  <div className="loading" role="status" aria-label={label} data-late={isLate}>
    {Array.from({ length: lines }, (_, line) => line).map((line) => (
      <span key={line} className="bone" />
    ))}
  </div>
);

/** Says what went wrong, and offers to try again where that may help. */
export const Failure = ({
  error,
  retry,
}: {
  readonly error: Error;
  readonly retry?: (() => void) | undefined;
}) => {
  const problem = error instanceof ProblemError ? error : undefined;
  const isForbidden = problem?.status === 403;
  // Each failure is an error of its own: until the next one, or an answer, it is being tried.
  const [tried, setTried] = useState<Error | undefined>();
  return (
    <div className="state" role="alert">
      <h2>{titleOf(problem)}</h2>
      <p>{error.message}</p>
      {problem !== undefined && problem.issues.length > 0 && (
        <ul className="issues">
          {problem.issues.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path === "" ? "request" : path.slice(1)}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {retry !== undefined && !isForbidden && (
        <ActionButton
          isPending={tried === error}
          onPress={() => {
            setTried(error);
            retry();
          }}
        >
          Try again
        </ActionButton>
      )}
      {problem?.requestId !== undefined && (
        <p className="quiet">
          Request <code>{problem.requestId}</code> in the log says more.
        </p>
      )}
    </div>
  );
};

/** What stands in the place of what was not read yet: why, or that it is being read. */
export const Unread = ({
  reading: { failure, retry },
  ...loading
}: {
  readonly reading: Pick<Reading<unknown>, "failure" | "retry">;
} & Parameters<typeof Loading>[0]) =>
  failure === undefined ? <Loading {...loading} /> : <Failure error={failure} retry={retry} />;

const sameDay = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** Says that what is shown could not be read again, since when, and why; nothing while it is fresh. */
export const NotFresh = ({
  stale,
  isRepeated = true,
}: {
  readonly stale: Stale | undefined;
  /** It is read again without being asked for. */
  readonly isRepeated?: boolean;
}) => (
  // It is there before it says something: else readers of the screen are not told.
  <div className="not-fresh" role="status">
    {stale !== undefined && (
      <p className="notice" data-tone="warning">
        <strong>
          Not fresh: as of <Clock ms={stale.sinceMs} />.
        </strong>{" "}
        {stale.error.message} {isRepeated && "It is read again every few seconds."}
      </p>
    )}
  </div>
);

/** A time that stays as it is: a relative one would be read out with each change. */
const Clock = ({ ms }: { readonly ms: number }) => {
  const at = new Date(ms);
  const isToday = at.toDateString() === new Date().toDateString();
  return <time dateTime={at.toISOString()}>{(isToday ? sameDay : exact).format(at)}</time>;
};

const titleOf = (problem: ProblemError | undefined): string => {
  if (problem === undefined) return "The console failed";
  if (problem.status === 0) return "Perch does not answer";
  if (problem.status === 403) return "Your key may not see this";
  if (problem.status === 404) return "There is no such thing here";
  if (problem.status === 503) return "Perch cannot answer right now";
  return "Perch refused this";
};
