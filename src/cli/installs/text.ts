import type { Install, InstallStatus, TimelineEntry } from "../../install/install.ts";
import { actorText, birdAnswerText } from "../batch/lines.ts";

const statusWords = {
  queued: "waits for its turn",
  submitting: "is being sent to Bird",
  awaiting_channel: "waits for its channel at Bird",
  retrying: "waits for its next attempt",
  held: "waits, because its workspace is held",
  completed: "is completed",
  failed: "has failed",
  cancelled: "is cancelled",
} as const satisfies Record<InstallStatus, string>;

const completedWords = {
  webhook: "by Bird's event (webhook)",
  poll: "by asking Bird (poll): no event had come",
} as const;

/** An install in plain words, one fact a line. @param seen.stop What stops one that has not ended, in words. */
export const installText = (
  install: Install,
  { stop }: { readonly stop?: string | undefined } = {},
): readonly string[] => {
  const { error, batchId, nextActionAt, uninstalledAt } = install;
  const gone = uninstalledAt === undefined ? "" : " (deleted)";
  const facts = [
    ["number", `${install.phoneNumber} (${install.name})`],
    ["workspace", install.workspaceId],
    ["by", install.requestedBy],
    ["batch", batchId && `${batchId}, row ${install.row}`],
    ["attempts", String(install.attempts)],
    ["connector", install.connectorId && `${install.connectorId}${gone}`],
    ["channel", install.channelId && `${install.channelId} ${install.channelStatus ?? ""}${gone}`.trim()],
    [
      "completed",
      install.completedAt &&
        `${install.completedAt} ${install.completedBy === undefined ? "" : completedWords[install.completedBy]}`.trim(),
    ],
    ["error", error && `${error.code}: ${error.message}`],
    ["Bird says", error && birdAnswerText(error)],
    ["next step", error && `for ${actorText(error.actor)}: ${error.action}`],
    ["continues", nextActionAt && `by itself at ${nextActionAt}`],
  ] as const;
  return [
    `Install ${install.id} ${headline(install, stop)}`,
    ...facts.flatMap(([what, text]) =>
      text === undefined || text === "" ? [] : [`  ${what.padEnd(10)} ${text}`],
    ),
  ];
};

const headline = ({ status, uninstalledAt }: Install, stop: string | undefined): string => {
  if (uninstalledAt !== undefined)
    return `is uninstalled since ${uninstalledAt}: its connector was deleted at Bird.`;
  return stop === undefined ? `${statusWords[status]}.` : `waits. ${stop}`;
};

/** One step of an install's life as a line. */
export const timelineLine = ({ at, what, ...details }: TimelineEntry): string => {
  const known = Object.entries(details).filter(([, value]) => value !== undefined);
  const suffix = known.map(([name, value]) => `${name} ${value}`).join(", ");
  return `  ${at.padEnd(24)}  ${what}${suffix === "" ? "" : ` (${suffix})`}`;
};
