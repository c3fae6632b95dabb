import type { z } from "zod";
import type { Batch } from "../../install/batch.ts";
import type { birdAnswerSchema } from "../../install/errors/install-error.ts";
import type { FailedRow } from "../../producer/results/recent-failures.ts";
import { rowName } from "../terminal/io.ts";
import { timeLeft } from "../terminal/time-left.ts";

/** The number of a batch's installs, and how many of them have ended. */
export const endedOf = ({ accepted, attached, completed, failed, cancelled }: Batch) => ({
  all: accepted + attached,
  ended: completed + failed + cancelled,
});

/** The counts of a batch's installs, in words. */
export const countsText = ({ completed, failed, cancelled, queued, awaiting }: Batch): string => {
  const counts = [`${completed} completed`, `${failed} failed`, `${queued} queued`, `${awaiting} awaiting`];
  return [...counts, ...(cancelled === 0 ? [] : [`${cancelled} cancelled`])].join(", ");
};

/** A batch's pace and time left; empty when unknown. */
export const paceText = ({ status, ratePerSecond = 0, etaMs }: Batch): string =>
  [
    ...(ratePerSecond > 0 ? [`${ratePerSecond}/s`] : []),
    // The rest is unknown before all rows are read.
    ...(etaMs === undefined || status !== "running" ? [] : [timeLeft(etaMs)]),
  ].join(", ");

/** A failed row as a line. */
export const failureLine = ({ row, line, errorCode, errorMessage }: FailedRow): string =>
  `${rowName({ row, line })}: ${errorCode === undefined ? "" : `${errorCode}: `}${errorMessage}`;

/** Bird's own sentence and what its support asks for; empty when Bird said nothing. */
export const birdAnswerText = ({
  birdStatus,
  birdCode,
  birdMessage,
  birdDetails,
  birdRequestId,
}: z.infer<typeof birdAnswerSchema>): string => {
  const facts = [
    birdStatus === undefined ? undefined : `HTTP ${birdStatus}`,
    birdCode,
    birdDetails === undefined ? undefined : `at ${birdDetails.join(", ")}`,
    birdRequestId === undefined ? undefined : `request ${birdRequestId}`,
  ].filter((fact) => fact !== undefined);
  const suffix = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
  return `${birdMessage ?? ""}${suffix}`.trim();
};

const actorWords = new Map([
  ["us", "the team that runs Perch"],
  ["operator", "the operator of the Bird workspace"],
  ["customer", "the owner of the number"],
  ["bird", "Bird"],
]);

/** Who has to act, in words. */
export const actorText = (actor: string): string => actorWords.get(actor) ?? actor;
