import type { ReactNode } from "react";
import { ProblemError } from "../api/problem.ts";
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
      {retry !== undefined && !isForbidden && <ActionButton onPress={retry}>Try again</ActionButton>}
      {problem?.requestId !== undefined && (
        <p className="quiet">
          Request <code>{problem.requestId}</code> in the log says more.
        </p>
      )}
    </div>
  );
};

const titleOf = (problem: ProblemError | undefined): string => {
  if (problem === undefined) return "The console failed";
  if (problem.status === 0) return "Perch does not answer";
  if (problem.status === 403) return "Your key may not see this";
  if (problem.status === 404) return "There is no such thing here";
  if (problem.status === 503) return "Perch cannot answer right now";
  return "Perch refused this";
};
