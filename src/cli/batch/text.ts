import type { Batch, BatchDecision } from "../../install/batch.ts";
import type { FailedRow, FailuresOfCode } from "../../producer/results/recent-failures.ts";
import { plural, rowName } from "../terminal/io.ts";
import { actorText, birdAnswerText, countsText, paceText } from "./lines.ts";
import { pausedText } from "./watch.ts";

const statusWords = {
  importing: "is being imported",
  running: "is running",
  paused: "is paused",
  finished: "has finished",
  cancelled: "is cancelled",
} as const satisfies Record<Batch["status"], string>;

const byText = ({ requestedBy }: BatchDecision): string =>
  requestedBy === undefined ? "" : ` by ${requestedBy}`;

/** The failures of one code with some of its rows. */
export interface ShownFailures extends FailuresOfCode {
  readonly examples: readonly FailedRow[];
}

/** A batch in plain words, one fact a line, then its failures by code. */
export const batchText = (batch: Batch, failures: readonly ShownFailures[]): readonly string[] => {
  const { id, name, status, rows, accepted, attached, rejected, lastDecision } = batch;
  const facts = [
    ["by", batch.requestedBy],
    ["rows", `${rows}: ${accepted} accepted, ${attached} attached, ${rejected} rejected`],
    ["cut off", batch.isCutOff && `its input ended before its end: what came after row ${rows} is not in it`],
    ["installs", countsText(batch)],
    ["pace", paceText(batch)],
    ["paused", status === "paused" && pausedText(batch)],
    ["canary", batch.canary && `${batch.canary} installs go first, the others wait for their end`],
    ["halts", batch.haltAt !== undefined && `when more than ${batch.haltAt} % have failed`],
    ["decided", lastDecision && `${lastDecision.decision} at ${lastDecision.at}${byText(lastDecision)}`],
    ["created", batch.createdAt],
    ["finished", batch.finishedAt],
  ] as const;
  return [
    `Batch ${id} (${name}) ${statusWords[status]}.`,
    ...facts.flatMap(([what, text]) =>
      typeof text === "string" && text !== "" ? [`  ${what.padEnd(10)} ${text}`] : [],
    ),
    ...failures.flatMap((failure) => ["", ...failureText(batch, failure)]),
    ...uncodedText(batch, failures),
  ];
};

const failureText = (
  { id }: Batch,
  { code, count, actor, action, examples }: ShownFailures,
): readonly string[] => [
  `${plural(count, "row")} failed with ${code}, for ${actorText(actor)}:`,
  `  ${action}`,
  ...examples.flatMap((row) => [
    `  ${rowName(row)}: ${row.errorMessage}`,
    ...(birdAnswerText(row) === "" ? [] : [`    Bird says: ${birdAnswerText(row)}`]),
  ]),
  `  then: perch retry --batch ${id} --code ${code}`,
];

const uncodedText = ({ failed }: Batch, failures: readonly ShownFailures[]): readonly string[] => {
  const left = failed - failures.reduce((sum, { count }) => sum + count, 0);
  return left <= 0 ? [] : ["", `${plural(left, "row")} failed without a known code: --out writes all rows`];
};
