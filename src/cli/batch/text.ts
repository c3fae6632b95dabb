import type { Batch, BatchDecision } from "../../install/batch.ts";
import type { FailedRow } from "../../producer/results/recent-failures.ts";
import { birdAnswerText, countsText, failureLine, paceText } from "./lines.ts";
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

/** A batch in plain words, one fact a line, then its latest failures. */
export const batchText = (batch: Batch, failures: readonly FailedRow[]): readonly string[] => {
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
    ...(failures.length === 0 ? [] : ["", "Failed last:"]),
    ...failures.flatMap((row) => [
      `  ${failureLine(row)}`,
      ...(birdAnswerText(row) === "" ? [] : [`    Bird says: ${birdAnswerText(row)}`]),
      ...(row.action === undefined ? [] : [`    ${row.action}`]),
    ]),
  ];
};
