import type { Batch, BatchDecision } from "../../install/batch.ts";
import { plural } from "../../install/values/shown-text.ts";
import type {
  BatchWithFailures,
  FailuresOfCode,
  RejectsOfFault,
} from "../../producer/results/failures-by-code.ts";
import { rowName } from "../terminal/io.ts";
import { actorText, birdAnswerText, countsText, paceText } from "./lines.ts";
import { correctionText } from "./show-end.ts";
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

/** A batch in plain words, one fact a line, then its failures by code and its rejected rows by fault. */
export const batchText = ({
  failuresByCode,
  rejectsByFault,
  ...batch
}: BatchWithFailures): readonly string[] => {
  const { id, name, status, rows, accepted, attached, rejected, lastDecision } = batch;
  const facts = [
    ["by", batch.requestedBy],
    ["rows", `${rows}: ${accepted} accepted, ${attached} attached, ${rejected} rejected`],
    ["cut off", batch.isCutOff && `its input ended before its end: what came after row ${rows} is not in it`],
    ["installs", countsText(batch)],
    ["pace", paceText(batch)],
    ["paused", status === "paused" && pausedText(batch)],
    [
      "canary",
      batch.canary && `first ${plural(batch.canary, "install")} alone; the others wait for their end`,
    ],
    ["halts", haltText(batch)],
    ["decided", lastDecision && `${lastDecision.decision} at ${lastDecision.at}${byText(lastDecision)}`],
    ["created", batch.createdAt],
    ["finished", batch.finishedAt],
  ] as const;
  return [
    `Batch ${id} (${name}) ${statusWords[status]}.`,
    ...facts.flatMap(([what, text]) =>
      typeof text === "string" && text !== "" ? [`  ${what.padEnd(10)} ${text}`] : [],
    ),
    ...failuresByCode.flatMap((failure) => ["", ...failureText(batch, failure)]),
    ...uncodedText(batch, failuresByCode),
    ...(rejected === 0
      ? []
      : ["", ...rejectsByFault.slice(0, faultsShown).map(faultText), ...correctionText(batch)]),
  ];
};

const failureText = (
  { id }: Batch,
  { code, count, actor, action, examples }: FailuresOfCode,
): readonly string[] => [
  `${plural(count, "row")} failed with ${code}, for ${actorText(actor)}:`,
  `  ${action}`,
  ...examples.flatMap((row) => [
    `  ${rowName(row)}: ${row.errorMessage}`,
    ...(birdAnswerText(row) === "" ? [] : [`    Bird says: ${birdAnswerText(row)}`]),
  ]),
  `  then: perch retry --batch ${id} --code ${code}`,
];

const haltText = ({ haltAt, failedPercent }: Batch): string => {
  if (haltAt === undefined) return "";
  return `when more than ${haltAt} % have failed${failedPercent === undefined ? "" : `; now ${failedPercent} %`}`;
};

/** Faults named; the others are in the results. */
const faultsShown = 5;

const faultText = ({ path, message, count, rows }: RejectsOfFault): string => {
  const [first] = rows;
  const what =
    path === undefined ? "have other faults" : `${path.replace(/^\//, "") || "the row"} ${message}`;
  return `${plural(count, "row")} rejected: ${what}${first === undefined ? "" : ` (row ${first}${count > 1 ? ", …" : ""})`}`;
};

const uncodedText = ({ failed }: Batch, failures: readonly FailuresOfCode[]): readonly string[] => {
  const left = failed - failures.reduce((sum, { count }) => sum + count, 0);
  return left <= 0 ? [] : ["", `${plural(left, "row")} failed without a known code: --out writes all rows`];
};
